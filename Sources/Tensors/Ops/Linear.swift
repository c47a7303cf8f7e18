internal import CKernels
internal import COpenBLAS

extension Compute {
    /// Applies a linear layer to every row.
    ///
    /// Computes `out[t, o] = bias[o] + Σ_c x[t, c] · weight[o, c]`, or adds that to `out`.
    ///
    /// Shapes: `x` [tokens, inputs] · `out` [tokens, outputs]; `out` may not overlap `x`.
    /// Cost: 2·tokens·inputs·outputs flop.
    /// Threads: a few rows are cut by outputs, many rows by rows.
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
        if x.rows == 1 && !adding {
            matrixVector(x, layer, into: out)
        } else if x.rows >= 512 {
            forRanges(of: x.rows, granularity: 128) { range, _ in
                multiply(x.rows(range), layer, into: out.rows(range), adding: adding)
            }
        } else {
            // Cutting by outputs reads each weight once; x is small and stays in cache.
            forRanges(of: layer.outputs, granularity: 64) { range, _ in
                multiply(x, layer.outputs(range), into: out.columns(range), adding: adding)
            }
        }
    }

    private func matrixVector(_ x: Matrix, _ layer: LinearWeights, into out: Matrix) {
        // 16 Ki weights are about a microsecond's work: smaller parts would cost more to hand out.
        let granularity = max(8, 16384 / max(1, layer.inputs))
        forRanges(of: layer.outputs, granularity: granularity) { range, _ in
            unsafe ilv_matvec_f32(
                out.base + range.lowerBound,
                layer.weight.base + range.lowerBound * layer.weight.stride,
                layer.weight.stride,
                x.base,
                layer.bias.map { unsafe $0.base + range.lowerBound },
                range.count,
                layer.inputs
            )
        }
    }
}

/// One thread's share of a linear layer: `out = x · weightᵀ + bias`, or `out += …`.
///
/// Shapes as ``Compute/linear(_:_:into:adding:)``.
func multiply(_ x: Matrix, _ layer: LinearWeights, into out: Matrix, adding: Bool = false) {
    multiply(x, transposed: layer.weight, into: out, adding: adding)
    if let bias = layer.bias {
        unsafe ilv_bias_add_f32(out.base, out.stride, bias.base, out.rows, out.columns)
    }
}

/// One thread's `out = scale · a · bᵀ` (or `out += …`): a [m, k] · b [n, k] · out [m, n].
func multiply(
    _ a: Matrix,
    transposed b: Matrix,
    into out: Matrix,
    scale: Float = 1,
    adding: Bool = false
) {
    guard out.rows > 0 && out.columns > 0 else { return }
    unsafe cblas_sgemm(
        CblasRowMajor,
        CblasNoTrans,
        CblasTrans,
        blasint(out.rows),
        blasint(out.columns),
        blasint(a.columns),
        scale,
        a.base,
        blasint(a.stride),
        b.base,
        blasint(b.stride),
        adding ? 1 : 0,
        out.base,
        blasint(out.stride)
    )
}

/// One thread's `out = a · b`: a [m, k] · b [k, n] · out [m, n].
func multiply(_ a: Matrix, _ b: Matrix, into out: Matrix) {
    guard out.rows > 0 && out.columns > 0 else { return }
    unsafe cblas_sgemm(
        CblasRowMajor,
        CblasNoTrans,
        CblasNoTrans,
        blasint(out.rows),
        blasint(out.columns),
        blasint(a.columns),
        1,
        a.base,
        blasint(a.stride),
        b.base,
        blasint(b.stride),
        0,
        out.base,
        blasint(out.stride)
    )
}
