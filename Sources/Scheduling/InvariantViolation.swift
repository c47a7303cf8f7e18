/// A state of the scheduler that must not be.
package struct InvariantViolation: Error, Hashable, Sendable {
    /// What is wrong, with the values.
    package let detail: String

    init(_ detail: String) { self.detail = detail }
}
