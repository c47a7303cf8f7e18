internal import Tensors

/// Cosines and sines of the rotary embedding for every position.
///
/// Source: RoFormer, arXiv 2104.09864 §3.2.
struct RotaryTable: Sendable {
    /// Cosines, [positions, headSize/2].
    let cosine: Matrix
    /// Sines, [positions, headSize/2].
    let sine: Matrix

    /// Angles `position / base^(2j / headSize)`; kept among the language model's weights.
    init(_ parameters: Parameters, positionCount: Int, headSize: Int, base: Float) {
        func table(_ function: @Sendable (Float) -> Float) -> Matrix {
            parameters.made(positionCount, headSize / 2) {
                SinusoidTables.angles(count: positionCount, columns: headSize / 2, function) {
                    1 / Elementary.pow(base, Float(2 * $0) / Float(headSize))
                }
            }
        }
        cosine = table(Elementary.cos)
        sine = table(Elementary.sin)
    }
}
