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
        for index in 0..<half {
            let frequency = 1 / Elementary.pow(10000, Float(index) / Float(half))
            for position in 0..<count {
                let angle = Float(position) * frequency
                table[position, index] = Elementary.sin(angle)
                table[position, half + index] = Elementary.cos(angle)
            }
        }
        return table
    }
}
