internal import CKernels

/// A function applied to every element.
package enum Activation: Sendable {
    /// max(x, 0)
    case relu
    /// x · sigmoid(x)
    case silu
    /// x · sigmoid(1.702 x), CLIP's approximation of GELU
    case quickGELU
    /// x · Φ(x), the exact GELU
    case gelu
}

extension Compute {
    /// Applies an activation to every element, in place.
    package func activate(_ x: Matrix, _ activation: Activation) {
        unsafe forContiguousRuns(of: x) { run, count in
            switch activation {
            case .relu: unsafe ilv_relu_f32(run, run, count)
            case .silu: unsafe ilv_silu_f32(run, run, count)
            case .quickGELU: unsafe ilv_quick_gelu_f32(run, run, count)
            case .gelu: unsafe ilv_gelu_f32(run, run, count)
            }
        }
    }

    /// Copies every element.
    package func copy(_ x: Matrix, to out: Matrix) {
        precondition(x.rows == out.rows && x.columns == out.columns)
        forRows(of: out, x) { range, _ in out.rows(range).copy(from: x.rows(range)) }
    }

    /// `out[r, c] = (x[r, c] - mean[c]) / deviation[c]`. mean, deviation [1, channels]
    package func standardize(_ x: Matrix, mean: Matrix, deviation: Matrix, into out: Matrix) {
        precondition(x.rows == out.rows && x.columns == out.columns)
        precondition(mean.count == x.columns && deviation.count == x.columns)
        forRows(of: out, x) { range, _ in
            for row in range {
                x.withRow(row) { source in
                    out.withMutableRow(row) { target in
                        for column in source.indices {
                            target[column] =
                                (source[column] - mean[0, column]) / deviation[0, column]
                        }
                    }
                }
            }
        }
    }

    /// `out += x`, element by element.
    package func add(_ x: Matrix, to out: Matrix) {
        precondition(x.rows == out.rows && x.columns == out.columns)
        forRows(of: out, x) { range, _ in
            for row in range {
                let target = unsafe out.base + row * out.stride
                unsafe ilv_add_f32(target, target, x.base + row * x.stride, out.columns)
            }
        }
    }

    /// `out += scale · x`, element by element.
    package func add(_ x: Matrix, scaledBy scale: Float, to out: Matrix) {
        precondition(x.rows == out.rows && x.columns == out.columns)
        forRows(of: out, x) { range, _ in
            for row in range {
                unsafe ilv_axpy_f32(
                    out.base + row * out.stride,
                    x.base + row * x.stride,
                    scale,
                    out.columns
                )
            }
        }
    }

    /// `out[r, c] += gamma[c] · x[r, c]`. gamma [1, channels]
    package func add(_ x: Matrix, scaledByChannels gamma: Matrix, to out: Matrix) {
        precondition(x.rows == out.rows && x.columns == out.columns && gamma.count == x.columns)
        forRows(of: out, x) { range, _ in
            let (source, target) = (x.rows(range), out.rows(range))
            unsafe ilv_scaled_rows_add_f32(
                target.base,
                target.stride,
                source.base,
                source.stride,
                gamma.base,
                range.count,
                x.columns
            )
        }
    }

    /// `out[r, c] += row[c]`: one row added to all. row [1, channels]
    package func addRow(_ row: Matrix, to out: Matrix) {
        precondition(row.count == out.columns)
        forRows(of: out) { range, _ in
            let target = out.rows(range)
            unsafe ilv_bias_add_f32(
                target.base,
                target.stride,
                row.base,
                range.count,
                out.columns
            )
        }
    }

    /// `out[r, c] = silu(x[r, c]) · x[r, columns + c]`: SwiGLU over fused gate and up projections.
    ///
    /// Shapes: `x` [rows, 2·columns] · `out` [rows, columns].
    package func swiGLU(_ x: Matrix, into out: Matrix) {
        precondition(x.rows == out.rows && x.columns == 2 * out.columns)
        forRows(of: out, x) { range, _ in
            let (source, target) = (x.rows(range), out.rows(range))
            unsafe ilv_swiglu_f32(
                target.base,
                target.stride,
                source.base,
                source.stride,
                range.count,
                out.columns
            )
        }
    }

    /// `out[r, c] = x[r, c] · gelu(x[r, columns + c])`: GEGLU, value first as diffusers orders it.
    ///
    /// Shapes: `x` [rows, 2·columns] · `out` [rows, columns].
    package func geGLU(_ x: Matrix, into out: Matrix) {
        precondition(x.rows == out.rows && x.columns == 2 * out.columns)
        forRows(of: out, x) { range, _ in
            let (source, target) = (x.rows(range), out.rows(range))
            unsafe ilv_geglu_f32(
                target.base,
                target.stride,
                source.base,
                source.stride,
                range.count,
                out.columns
            )
        }
    }

    private func forContiguousRuns(
        of x: Matrix,
        _ body: (_ run: UnsafeMutablePointer<Float>, _ count: Int) -> Void
    ) {
        forRows(of: x) { range, _ in
            if x.isContiguous {
                unsafe body(x.base + range.lowerBound * x.stride, range.count * x.columns)
            } else {
                for row in range { unsafe body(x.base + row * x.stride, x.columns) }
            }
        }
    }
}

extension Compute {
    /// Adds a row's pair (x, y) to every pair of columns of that row.
    ///
    /// Shapes: `pairs` [n, 2], repeated every n rows · `out` [rows, 2·m].
    package func addPairs(_ pairs: Matrix, to out: Matrix) {
        precondition(pairs.rows > 0 && out.rows % pairs.rows == 0)
        precondition(pairs.columns == 2 && out.columns % 2 == 0)
        forRows(of: out) { range, _ in
            for row in range {
                let pair = row % pairs.rows
                let (x, y) = (pairs[pair, 0], pairs[pair, 1])
                out.withMutableRow(row) { span in
                    for pair in 0..<span.count / 2 {
                        span[2 * pair] += x
                        span[2 * pair + 1] += y
                    }
                }
            }
        }
    }
}
