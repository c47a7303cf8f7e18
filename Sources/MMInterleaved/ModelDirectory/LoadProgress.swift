/// How far a model is that is being read.
package struct LoadProgress: Hashable, Sendable {
    /// Share of the weights' numbers that are packed, from 0 to 1.
    package let share: Double
    /// Weights that are packed.
    package let packedCount: Int
    /// All of them.
    package let totalCount: Int
}
