internal import CKernels

extension Compute {
    /// A linear layer over signed bytes: rows are rotated and rounded with a scale each, sums are exact.
    func linear(
        _ x: Matrix,
        _ panels: BytePanels,
        _ layer: LinearWeights,
        into out: Matrix,
        adding: Bool
    ) {
        let rows = byteRows(of: x, rotation: panels.rotation)
        forProductParts(x.rows, layer, byteCount: Self.byteCount(x, layer, out)) { part in
            let outputs = layer.outputs(ofPanels: part.panels)
            let out = part.of(out)
            unsafe ilv_matmul_i8(
                out.base + outputs.lowerBound,
                out.stride,
                rows.bytes(from: part.rows.lowerBound),
                rows.stride,
                rows.scales(from: part.rows.lowerBound),
                rows.sums(from: part.rows.lowerBound),
                panels.address(ofPanel: part.panels.lowerBound),
                panels.scales.base + outputs.lowerBound,
                layer.biasAddress(of: outputs),
                out.rows,
                layer.inputs,
                outputs.count,
                adding ? 1 : 0
            )
        }
    }

    /// As over signed bytes, with weights of four bits.
    func linear(
        _ x: Matrix,
        _ panels: NibblePanels,
        _ layer: LinearWeights,
        into out: Matrix,
        adding: Bool
    ) {
        let rows = byteRows(of: x, rotation: panels.rotation)
        // What a worker expands at a time: 256 KiB.
        let expanded = scratch(workerCount, 65_536)
        forProductParts(x.rows, layer, byteCount: Self.byteCount(x, layer, out)) { part in
            let outputs = layer.outputs(ofPanels: part.panels)
            let out = part.of(out)
            unsafe ilv_matmul_i4(
                out.base + outputs.lowerBound,
                out.stride,
                rows.bytes(from: part.rows.lowerBound),
                rows.stride,
                rows.scales(from: part.rows.lowerBound),
                rows.sums(from: part.rows.lowerBound),
                panels.address(ofPanel: part.panels.lowerBound),
                panels.multipliers(ofPanel: part.panels.lowerBound),
                panels.scales.base + outputs.lowerBound,
                layer.biasAddress(of: outputs),
                out.rows,
                layer.inputs,
                outputs.count,
                adding ? 1 : 0,
                UnsafeMutableRawPointer(expanded.row(part.worker).base)
                    .assumingMemoryBound(to: UInt8.self)
            )
        }
    }

    /// Rotates rows and rounds them to bytes.
    private func byteRows(of x: Matrix, rotation: RotationGroup) -> ByteRows {
        let rows = ByteRows(rows: x.rows, columns: x.columns, workspace)
        // A worker rotates one row after the other, so that it stays in the first-level cache.
        let rotated = scratch(workerCount, x.columns)
        forRanges(
            of: x.rows,
            granularity: self.rows(of: 2 * x.columns),
            byteCount: Self.byteCount(x) + x.rows * rows.stride
        ) { range, worker in
            for row in range {
                rows.round(x.row(row), rotation, rotated: rotated.row(worker), from: row)
            }
        }
        return rows
    }
}

/// Rows of inputs as signed bytes with a scale each; scratch memory.
@safe struct ByteRows {
    /// Bytes of a row: its columns, and zeros up to a whole tile.
    let stride: Int
    // Words that hold other things than floats.
    private let byteWords: Matrix
    private let scaleRow: Matrix
    private let sumWords: Matrix

    init(rows: Int, columns: Int, _ workspace: Workspace) {
        stride = Self.padded(columns)
        byteWords = workspace.matrix(rows, stride / 4)
        scaleRow = workspace.matrix(1, rows)
        sumWords = workspace.matrix(rows, stride / 32)
    }

    /// Columns with zeros up to a whole tile.
    static func padded(_ columns: Int) -> Int { (columns + 63) / 64 * 64 }

    /// Rotates rows, and rounds them as those from `first` on.
    ///
    /// Shapes: `x` [rows, columns] · `rotated` as many rows or more, scratch memory; may be `x`.
    func round(_ x: Matrix, _ rotation: RotationGroup, rotated: Matrix, from first: Int = 0) {
        unsafe ilv_rotate_f32(
            rotated.base,
            rotated.stride,
            x.base,
            x.stride,
            x.rows,
            x.columns,
            rotation.size
        )
        unsafe ilv_quantize_rows_i8(
            bytes(from: first),
            stride,
            scales(from: first),
            sums(from: first),
            rotated.base,
            rotated.stride,
            x.rows,
            x.columns
        )
    }

    /// Where the bytes of a row begin.
    func bytes(from row: Int) -> UnsafeMutablePointer<Int8> {
        unsafe UnsafeMutableRawPointer(byteWords.base).assumingMemoryBound(to: Int8.self)
            + row * stride
    }

    /// Where the scales from a row on begin.
    func scales(from row: Int) -> UnsafeMutablePointer<Float> { unsafe scaleRow.base + row }

    /// Where the sums of a row's groups of 32 bytes begin.
    func sums(from row: Int) -> UnsafeMutablePointer<Int32> {
        unsafe UnsafeMutableRawPointer(sumWords.base).assumingMemoryBound(to: Int32.self)
            + row * (stride / 32)
    }
}
