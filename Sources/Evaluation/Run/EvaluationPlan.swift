package import World

/// What is asked in an evaluation.
package struct EvaluationPlan: Sendable {
    /// The suites.
    package var assignments = Assignment.allCases
    /// The splits.
    package var splits = Split.allCases
    /// Examples per suite and split.
    package var count = 500
    /// Seed of the noise of pictures; the examples are always the same.
    package var seed: UInt64 = 0
    /// How pictures are drawn.
    package var drawing = DrawingSettings()
    /// Examples of each suite and split whose answers are kept, to be shown.
    package var exhibitCount = 0
    /// Further ones that are kept because they are wrong.
    package var wrongExhibitCount = 0

    /// Everything, as the model was meant to be asked.
    package init() {}

    /// One example to ask.
    struct Item: Sendable {
        let assignment: Assignment
        let split: Split
        let index: Int
    }

    /// All examples, suite by suite.
    var items: [Item] {
        splits.flatMap { split in
            assignments.flatMap { assignment in
                (0..<count).map { Item(assignment: assignment, split: split, index: $0) }
            }
        }
    }

    /// The example of an item.
    func example(_ item: Item) -> Example {
        Example(
            item.assignment,
            seed: item.assignment.heldOutSeed,
            index: item.index,
            split: item.split
        )
    }

    /// Seed of an example's noise, of 32 bits.
    func noiseSeed(_ item: Item) -> UInt64 {
        var random = SplitMix64(seed: seed ^ item.assignment.heldOutSeed << 32, index: item.index)
        return (random.next() >> 12) & 0xFFFF_FFFF
    }
}
