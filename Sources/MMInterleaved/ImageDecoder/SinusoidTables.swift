package import Tensors

/// Tables of sines and cosines that tell positions and times apart.
package enum SinusoidTables {
    /// The embedding of diffusion times: `[cos(t·f), sin(t·f)]` with frequencies from 1 to 1/10000.
    ///
    /// Shapes: `out` [times, width]. Source: diffusers `get_timestep_embedding` with `flip_sin_to_cos`.
    static func timeEmbedding(_ times: [Float], into out: Matrix) {
        let half = out.columns / 2
        for index in 0..<half {
            let frequency = Elementary.exp(-Elementary.log(10000) * Float(index) / Float(half))
            for (row, time) in times.enumerated() {
                out[row, index] = Elementary.cos(time * frequency)
                out[row, half + index] = Elementary.sin(time * frequency)
            }
        }
    }

    /// Positions of a sequence: `[sin(p·f), cos(p·f)]` with `f = 10000^(-2i / width)`.
    ///
    /// Returns [count, width]. Source: arXiv 1706.03762 §3.5, halves instead of alternating columns.
    package static func positions(count: Int, width: Int) -> Matrix {
        let half = width / 2
        let table = Matrix(rows: count, columns: width)
        func frequency(_ index: Int) -> Float {
            1 / Elementary.pow(10000, Float(index) / Float(half))
        }
        let (sines, cosines) = (table.columns(0..<half), table.columns(half..<2 * half))
        sines.copy(from: angles(count: count, columns: half, Elementary.sin, frequency: frequency))
        cosines.copy(
            from: angles(count: count, columns: half, Elementary.cos, frequency: frequency)
        )
        return table
    }

    /// A function of the angle `position · frequency` of every position and column, [count, columns], computed on every
    /// processor that this process may use.
    static func angles(
        count: Int,
        columns: Int,
        _ function: @Sendable (Float) -> Float,
        frequency: (Int) -> Float
    ) -> Matrix {
        let frequencies = (0..<columns).map(frequency)
        let table = Matrix(rows: count, columns: columns)
        let run = 64
        _ = concurrentMap((count + run - 1) / run) { index in
            for position in index * run..<min(count, (index + 1) * run) {
                table.withMutableRow(position) { row in
                    for column in 0..<columns {
                        row[column] = function(Float(position) * frequencies[column])
                    }
                }
            }
        }
        return table
    }
}
