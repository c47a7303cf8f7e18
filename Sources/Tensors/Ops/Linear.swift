internal import CKernels

extension Compute {
    /// Applies a linear layer to every row.
    ///
    /// Computes `out[t, o] = Σ_c x[t, c] · weight[o, c] + bias[o]`, or with `adding` what `out` holds plus that. How the
    /// sum is rounded is a matter of the weight's ``WeightFormat``; in `f32` every element is one chain of fused
    /// multiplications and additions in the order of c, which begins with the bias and what `out` holds. A row's
    /// result does not depend on the other rows, on the number of workers or on the processor.
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
        operations.add(2 * x.rows * layer.inputs * layer.outputs, of: layer.format)
        scope {
            switch layer.weight {
            case .f32(let panels):
                let x = x.rows <= Self.fewRows ? spread(x) : x
                forProductParts(x.rows, layer, byteCount: Self.byteCount(x, layer, out)) { part in
                    multiply(part.of(x), panels, part, layer, into: part.of(out), adding: adding)
                }
            case .bf16(let panels): linear(x, panels, layer, into: out, adding: adding)
            case .int8(let panels): linear(x, panels, layer, into: out, adding: adding)
            case .int4(let panels): linear(x, panels, layer, into: out, adding: adding)
            }
        }
    }

    /// Rows for which reading the weights takes longer than multiplying by them.
    private static let fewRows = 24

    /// Runs a body for the parts into which the product of so many rows with a layer is cut.
    func forProductParts(
        _ rows: Int,
        _ layer: LinearWeights,
        byteCount: Int,
        _ body: (_ part: ProductPart) -> Void
    ) {
        if rows <= Self.fewRows {
            // 16 Ki weights are about a microsecond's work: smaller parts would cost more to hand out.
            let panelSize = layer.inputs * PackedWeight.panelWidth * max(1, rows / 2)
            forRanges(
                of: layer.panelCount,
                granularity: max(1, 16384 / max(1, panelSize)),
                byteCount: byteCount
            ) { range, worker in
                body(ProductPart(rows: 0..<rows, panels: range, worker: worker))
            }
            return
        }
        let cut = productCut(rows: rows, inputs: layer.inputs, panels: layer.panelCount)
        pool.run(cut.partCount, byteCount: byteCount) { part, worker in
            let (rows, panels) = cut[part]
            body(ProductPart(rows: rows, panels: panels, worker: worker))
        }
    }

    /// The same rows at distances that do not compete for the same places in the first-level cache,
    /// as multiples of half a page do.
    private func spread(_ x: Matrix) -> Matrix {
        guard x.rows > 2 && x.columns >= 1024 && x.stride % 512 == 0 else { return x }
        let spread = scratch(x.rows, x.columns + PackedWeight.panelWidth).columns(0..<x.columns)
        spread.copy(from: x)
        return spread
    }
}

/// One thread's share of a product.
struct ProductPart {
    /// Rows of the inputs and of the results.
    let rows: Range<Int>
    /// Panels of the weight.
    let panels: Range<Int>
    /// Who computes it.
    let worker: Int

    /// The part's rows.
    func of(_ matrix: Matrix) -> Matrix { matrix.rows(rows) }
}

/// The outputs of a part's panels, of all rows of `x`, in single precision.
private func multiply(
    _ x: Matrix,
    _ panels: FloatPanels,
    _ part: ProductPart,
    _ layer: LinearWeights,
    into out: Matrix,
    adding: Bool
) {
    let outputs = layer.outputs(ofPanels: part.panels)
    unsafe ilv_matmul_f32(
        out.base + outputs.lowerBound,
        out.stride,
        x.base,
        x.stride,
        panels.address(ofPanel: part.panels.lowerBound),
        layer.biasAddress(of: outputs),
        x.rows,
        layer.inputs,
        outputs.count,
        adding ? 1 : 0
    )
}
