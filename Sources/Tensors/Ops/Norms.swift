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
            let statistics = groupStatistics(x, samples: samples, groups: groups, norm)
            forRows(of: out, x) { range, _ in
                for sample in range.lowerBound / pixels...(range.upperBound - 1) / pixels {
                    let rows = range.clamped(to: sample * pixels..<(sample + 1) * pixels)
                    statistics.apply(
                        to: x.rows(rows),
                        ofSample: sample,
                        norm,
                        silu: silu,
                        into: out.rows(rows)
                    )
                }
            }
        }
    }

    /// What ``groupNorm(_:samples:groups:_:silu:into:)`` has to know of all pixels before it changes one; scratch memory of
    /// the caller's scope.
    ///
    /// Shapes: `x` [samples·pixels, channels].
    package func groupStatistics(
        _ x: Matrix,
        samples: Int = 1,
        groups: Int,
        _ norm: NormWeights
    ) -> GroupStatistics {
        let pixels = x.rows / samples
        let statistics = GroupStatistics(
            means: scratch(samples, groups),
            inverses: scratch(samples, groups)
        )
        // A part is a run of groups of one sample; narrow groups are joined to fill cache lines.
        let run = max(1, min(groups, (16 * groups + x.columns - 1) / x.columns))
        let runs = (groups + run - 1) / run
        pool.run(samples * runs, byteCount: Self.byteCount(x)) { part, _ in
            let (sample, first) = (part / runs, part % runs * run)
            let source = x.rows(sample * pixels..<(sample + 1) * pixels)
            unsafe ilv_group_norm_statistics_f32(
                statistics.means.row(sample).base,
                statistics.inverses.row(sample).base,
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
        return statistics
    }

    /// Normalises some pixels of the only sample by statistics of all.
    ///
    /// In place allowed. The bits are those of ``groupNorm(_:samples:groups:_:silu:into:)``.
    ///
    /// Shapes: `x`, `out` [some pixels, channels].
    package func normalize(
        _ x: Matrix,
        _ statistics: GroupStatistics,
        _ norm: NormWeights,
        silu: Bool,
        into out: Matrix
    ) {
        precondition(x.rows == out.rows && x.columns == out.columns)
        forRows(of: out, x) { range, _ in
            statistics.apply(to: x.rows(range), norm, silu: silu, into: out.rows(range))
        }
    }
}

/// Means and inverse deviations of groups of channels.
package struct GroupStatistics {
    fileprivate let means: Matrix  // [samples, groups]
    fileprivate let inverses: Matrix  // [samples, groups]

    /// Normalises pixels of a sample.
    fileprivate func apply(
        to x: Matrix,
        ofSample sample: Int = 0,
        _ norm: NormWeights,
        silu: Bool,
        into out: Matrix
    ) {
        unsafe ilv_group_norm_apply_f32(
            out.base,
            out.stride,
            x.base,
            x.stride,
            means.row(sample).base,
            inverses.row(sample).base,
            norm.weight.base,
            norm.bias.base,
            x.rows,
            x.columns,
            means.columns,
            silu ? 1 : 0
        )
    }
}
