internal import Tensors

/// Cosines and sines of the rotary embedding for every position.
///
/// Source: RoFormer, arXiv 2104.09864 §3.2.
struct RotaryTable: Sendable {
    /// Cosines, [positions, headSize/2].
    let cosine: Matrix
    /// Sines, [positions, headSize/2].
    let sine: Matrix

    /// Angles `position / base^(2j / headSize)`.
    init(positionCount: Int, headSize: Int, base: Float) {
        cosine = Matrix(rows: positionCount, columns: headSize / 2)
        sine = Matrix(rows: positionCount, columns: headSize / 2)
        for pair in 0..<headSize / 2 {
            let frequency = 1 / Elementary.pow(base, Float(2 * pair) / Float(headSize))
            for position in 0..<positionCount {
                let angle = Float(position) * frequency
                cosine[position, pair] = Elementary.cos(angle)
                sine[position, pair] = Elementary.sin(angle)
            }
        }
    }
}
