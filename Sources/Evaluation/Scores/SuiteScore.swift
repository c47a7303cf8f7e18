package import World

/// The score of one suite in one split.
package struct SuiteScore: Hashable, Sendable {
    /// What was asked.
    package let assignment: Assignment
    /// Whether with objects that training shows, or never.
    package let split: Split
    /// Answers with everything right.
    package private(set) var right = Proportion()
    /// Answers with each thing right that is looked at, where there are several.
    package var details: [(name: String, proportion: Proportion)] {
        checks.count > 1 ? checks.map { ($0.name, $0.proportion) } : []
    }

    private struct NamedProportion: Hashable {
        let name: String
        var proportion: Proportion
    }
    private var checks: [NamedProportion] = []

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
        for check in verdict.checks where !checks.contains(where: { $0.name == check.name }) {
            let missed = Proportion(0, of: earlierCount)
            checks.append(NamedProportion(name: check.name, proportion: missed))
        }
        for index in checks.indices {
            let passes = verdict.checks.contains { $0.name == checks[index].name && $0.passes }
            checks[index].proportion.add(passes)
        }
    }
}
