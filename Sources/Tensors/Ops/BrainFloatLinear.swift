internal import CKernels

extension Compute {
    /// A linear layer over bfloat16 numbers, summed in single precision in the order of AMX's TDPBF16PS.
    func linear(
        _ x: Matrix,
        _ panels: BrainFloatPanels,
        _ layer: LinearWeights,
        into out: Matrix,
        adding: Bool
    ) {
        let rows = brainFloatRows(of: x)
        let widened = widenedRows(of: panels)
        forProductParts(x.rows, layer, byteCount: Self.byteCount(x, layer, out)) { part in
            let outputs = layer.outputs(ofPanels: part.panels)
            let out = part.of(out)
            unsafe ilv_matmul_bf16(
                out.base + outputs.lowerBound,
                out.stride,
                rows.numbers(from: part.rows.lowerBound),
                rows.stride,
                panels.address(ofPanel: part.panels.lowerBound),
                layer.biasAddress(of: outputs),
                out.rows,
                layer.inputs,
                outputs.count,
                adding ? 1 : 0,
                widened.row(part.worker).base
            )
        }
    }

    /// Room for what every worker widens at a time where there are no instructions for bfloat16: eight rows of inputs.
    func widenedRows(of panels: BrainFloatPanels) -> Matrix {
        scratch(workerCount, 8 * panels.stride)
    }

    /// Rounds rows to bfloat16.
    private func brainFloatRows(of x: Matrix) -> BrainFloatRows {
        let rows = BrainFloatRows(rows: x.rows, columns: x.columns, workspace)
        forRanges(
            of: x.rows,
            granularity: self.rows(of: x.columns),
            byteCount: Self.byteCount(x) + x.rows * rows.stride * 2
        ) { range, _ in
            unsafe ilv_round_rows_bf16(
                rows.numbers(from: range.lowerBound),
                rows.stride,
                x.row(range.lowerBound).base,
                x.stride,
                range.count,
                x.columns
            )
        }
        return rows
    }
}

/// Rows of inputs as bfloat16 numbers; scratch memory.
@safe private struct BrainFloatRows {
    /// Numbers of a row: its columns, and zeros up to a whole group.
    let stride: Int
    // Words that hold two numbers each.
    private let words: Matrix

    init(rows: Int, columns: Int, _ workspace: Workspace) {
        stride = BrainFloatPanels.padded(columns)
        words = workspace.matrix(rows, stride / 2)
    }

    /// Where the numbers of a row begin.
    func numbers(from row: Int) -> UnsafeMutablePointer<UInt16> {
        unsafe UnsafeMutableRawPointer(words.base).assumingMemoryBound(to: UInt16.self)
            + row * stride
    }
}
