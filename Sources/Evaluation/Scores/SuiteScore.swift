package import World

/// The score of one suite in one split.
package struct SuiteScore: Hashable, Sendable {
    /// What was asked.
    package let assignment: Assignment
    /// Whether with objects that training shows, or never.
    package let split: Split
    /// Answers with everything right.
    package private(set) var right = Proportion()
    /// Answers with everything right, also by the stricter judge; the same where that has nothing to add.
    package private(set) var strictlyRight = Proportion()
    /// Where objects that changes leave alone were drawn.
    package private(set) var offsets = OffsetStatistics()
    /// Answers with each thing right that is looked at, where there are several.
    package var details: [(name: String, proportion: Proportion)] {
        checks.count > 1 ? checks.map { ($0.name, $0.proportion) } : []
    }
    /// The same of what only the stricter judge looks at.
    package var strictDetails: [(name: String, proportion: Proportion)] {
        strictChecks.map { ($0.name, $0.proportion) }
    }

    private struct NamedProportion: Hashable {
        let name: String
        var proportion: Proportion
    }
    private var checks: [NamedProportion] = []
    private var strictChecks: [NamedProportion] = []

    /// No answers yet.
    package init(_ assignment: Assignment, _ split: Split) {
        self.assignment = assignment
        self.split = split
    }

    /// Counts a verdict.
    ///
    /// A check that an answer never came to is a failed one.
    package mutating func add(_ verdict: Verdict) {
        let earlierCount = right.count
        right.add(verdict.isRight)
        strictlyRight.add(verdict.isStrictlyRight)
        offsets.add(verdict.keptOffsets)
        Self.add(verdict.checks, to: &checks, after: earlierCount)
        Self.add(verdict.strictChecks, to: &strictChecks, after: earlierCount)
    }

    private static func add(
        _ found: [Verdict.Check],
        to checks: inout [NamedProportion],
        after earlierCount: Int
    ) {
        for check in found where !checks.contains(where: { $0.name == check.name }) {
            let missed = Proportion(0, of: earlierCount)
            checks.append(NamedProportion(name: check.name, proportion: missed))
        }
        for index in checks.indices {
            let passes = found.contains { $0.name == checks[index].name && $0.passes }
            checks[index].proportion.add(passes)
        }
    }
}
