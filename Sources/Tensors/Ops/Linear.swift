internal import CKernels

extension Compute {
    /// Applies a linear layer to every row.
    ///
    /// Computes `out[t, o] = start + Σ_c x[t, c] · weight[o, c]`, where start is `bias[o]` (or 0), or with
    /// `adding` what `out` holds plus `bias[o]`. Every element is one chain of fused multiplications and
    /// additions from start on in the order of c: a row's result does not depend on the other rows, on
    /// the number of workers or on the processor.
    ///
    /// Shapes: `x` [tokens, inputs] · `out` [tokens, outputs]; `out` may not overlap `x`.
    /// Cost: 2·tokens·inputs·outputs flop.
    /// Threads: a few rows are cut by outputs, many rows by both.
    package func linear(
        _ x: Matrix,
        _ layer: LinearWeights,
        into out: Matrix,
        adding: Bool = false
    ) {
        precondition(
            x.columns == layer.inputs && out.columns == layer.outputs && x.rows == out.rows,
            "linear [\(x.rows), \(x.columns)] · [\(layer.outputs), \(layer.inputs)] -> [\(out.rows), \(out.columns)]"
        )
        floatingPointOperationCount += 2 * x.rows * layer.inputs * layer.outputs
        if x.rows <= Self.fewRows {
            linearOfFewRows(x, layer, into: out, adding: adding)
            return
        }
        let cut = productCut(rows: x.rows, inputs: layer.inputs, panels: layer.panelCount)
        pool.run(cut.partCount, byteCount: Self.byteCount(x, layer, out)) { part, _ in
            let (rows, panels) = cut[part]
            multiply(x.rows(rows), layer, panels: panels, into: out.rows(rows), adding: adding)
        }
    }

    /// Rows for which reading the weights takes longer than multiplying by them.
    private static let fewRows = 24

    private func linearOfFewRows(
        _ x: Matrix,
        _ layer: LinearWeights,
        into out: Matrix,
        adding: Bool
    ) {
        // 16 Ki weights are about a microsecond's work: smaller parts would cost more to hand out.
        let panelSize = max(1, layer.inputs * LinearWeights.panelWidth * max(1, x.rows / 2))
        scope {
            let x = spread(x)
            forRanges(
                of: layer.panelCount,
                granularity: max(1, 16384 / panelSize),
                byteCount: Self.byteCount(x, layer, out)
            ) { range, _ in
                multiply(x, layer, panels: range, into: out, adding: adding)
            }
        }
    }

    /// The same rows at distances that do not compete for the same places in the first-level cache,
    /// as multiples of half a page do.
    private func spread(_ x: Matrix) -> Matrix {
        guard x.rows > 2 && x.columns >= 1024 && x.stride % 512 == 0 else { return x }
        let spread = scratch(x.rows, x.columns + LinearWeights.panelWidth).columns(0..<x.columns)
        spread.copy(from: x)
        return spread
    }
}

/// One thread's share of a linear layer: the outputs of `panels` of all rows of `x`.
///
/// Shapes as ``Compute/linear(_:_:into:adding:)``: `out` has all outputs.
private func multiply(
    _ x: Matrix,
    _ layer: LinearWeights,
    panels: Range<Int>,
    into out: Matrix,
    adding: Bool
) {
    let outputs = layer.outputs(ofPanels: panels)
    unsafe ilv_matmul_f32(
        out.base + outputs.lowerBound,
        out.stride,
        x.base,
        x.stride,
        layer.panels(panels).base,
        layer.bias.map { unsafe $0.base + outputs.lowerBound },
        x.rows,
        layer.inputs,
        outputs.count,
        adding ? 1 : 0
    )
}
