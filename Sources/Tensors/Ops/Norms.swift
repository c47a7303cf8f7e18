internal import CKernels

extension Compute {
    /// Normalises every row to mean 0 and variance 1, then scales and shifts it.
    ///
    /// In place allowed.
    ///
    /// Shapes: `x`, `out` [rows, channels] · `norm` [1, channels].
    package func layerNorm(_ x: Matrix, _ norm: NormWeights, into out: Matrix) {
        precondition(x.columns == norm.weight.columns && out.columns == x.columns)
        precondition(x.rows == out.rows)
        forRows(of: out, x) { range, _ in
            let (source, target) = (x.rows(range), out.rows(range))
            unsafe ilv_layer_norm_f32(
                target.base,
                target.stride,
                source.base,
                source.stride,
                norm.weight.base,
                norm.bias.base,
                range.count,
                x.columns,
                norm.epsilon
            )
        }
    }

    /// Divides every row by its root mean square, then scales it.
    ///
    /// In place allowed.
    ///
    /// Shapes: `x`, `out` [rows, channels] · `norm` [1, channels]. Source: LLaMA, arXiv 2302.13971 §2.2.
    package func rmsNorm(_ x: Matrix, _ norm: RMSNormWeights, into out: Matrix) {
        precondition(x.columns == norm.weight.columns && out.columns == x.columns)
        precondition(x.rows == out.rows)
        forRows(of: out, x) { range, _ in
            let (source, target) = (x.rows(range), out.rows(range))
            unsafe ilv_rms_norm_f32(
                target.base,
                target.stride,
                source.base,
                source.stride,
                norm.weight.base,
                range.count,
                x.columns,
                norm.epsilon
            )
        }
    }

    /// Normalises every group of channels over all pixels of a sample.
    ///
    /// With `silu` applies x·sigmoid(x) afterwards. In place allowed.
    ///
    /// Shapes: `x`, `out` [samples·pixels, channels]; sample s is rows s·pixels ..< (s+1)·pixels.
    /// Source: Group Normalization, arXiv 1803.08494.
    package func groupNorm(
        _ x: Matrix,
        samples: Int,
        groups: Int,
        _ norm: NormWeights,
        silu: Bool,
        into out: Matrix
    ) {
        precondition(samples > 0 && x.rows % samples == 0 && x.columns % groups == 0)
        precondition(x.rows == out.rows && x.columns == out.columns)
        precondition(x.columns == norm.weight.columns)
        let pixels = x.rows / samples
        scope {
            let means = scratch(samples, groups)
            let inverses = scratch(samples, groups)
            // A part is a run of groups of one sample; narrow groups are joined to fill cache lines.
            let run = max(1, min(groups, (16 * groups + x.columns - 1) / x.columns))
            let runs = (groups + run - 1) / run
            pool.run(samples * runs, byteCount: Self.byteCount(x)) { part, _ in
                let (sample, first) = (part / runs, part % runs * run)
                let source = x.rows(sample * pixels..<(sample + 1) * pixels)
                unsafe ilv_group_norm_statistics_f32(
                    means.row(sample).base,
                    inverses.row(sample).base,
                    source.base,
                    source.stride,
                    pixels,
                    x.columns,
                    groups,
                    first,
                    min(run, groups - first),
                    norm.epsilon
                )
            }
            forRows(of: out, x) { range, _ in
                for sample in range.lowerBound / pixels...(range.upperBound - 1) / pixels {
                    let rows = range.clamped(to: sample * pixels..<(sample + 1) * pixels)
                    let (source, target) = (x.rows(rows), out.rows(rows))
                    unsafe ilv_group_norm_apply_f32(
                        target.base,
                        target.stride,
                        source.base,
                        source.stride,
                        means.row(sample).base,
                        inverses.row(sample).base,
                        norm.weight.base,
                        norm.bias.base,
                        rows.count,
                        x.columns,
                        groups,
                        silu ? 1 : 0
                    )
                }
            }
        }
    }
}
