/// Names one admitted request.
///
/// Numbers grow in the order of admission, so comparing two identifiers tells who came first.
package struct RequestIdentifier: Hashable, Comparable, Sendable {
    /// Position in the order of admission, from 0.
    package let number: UInt64

    package static func < (left: Self, right: Self) -> Bool { left.number < right.number }
}

/// Names one sequence of the language model.
package struct SequenceIdentifier: Hashable, Comparable, Sendable {
    /// Position in the order of creation, from 0.
    package let number: UInt64

    package static func < (left: Self, right: Self) -> Bool { left.number < right.number }
}

/// Names one picture that is being drawn.
package struct DrawingIdentifier: Hashable, Comparable, Sendable {
    /// Position in the order of creation, from 0.
    package let number: UInt64

    package static func < (left: Self, right: Self) -> Bool { left.number < right.number }
}
