/// How much of the machine a request gets when it competes with others of its tenant.
///
/// A priority is a weight, not a rank: lower ones go slower, never nowhere.
package enum Priority: String, CaseIterable, Hashable, Comparable, Sendable {
    case low
    case normal
    case high

    /// Share of the machine relative to other priorities.
    package var weight: Double {
        switch self {
        case .low: 1
        case .normal: 4
        case .high: 16
        }
    }

    package static func < (left: Self, right: Self) -> Bool { left.weight < right.weight }
}
