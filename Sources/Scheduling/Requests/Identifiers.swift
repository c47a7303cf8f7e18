/// Names one admitted request.
///
/// Numbers grow in the order of admission, so comparing two identifiers tells who came first.
package struct RequestIdentifier: Hashable, Comparable, Sendable {
    /// Position in the order of admission, from 0.
    package let number: UInt64

    package static func < (left: Self, right: Self) -> Bool { left.number < right.number }
}

/// Names somebody to whom requests belong, and among whom the machine is shared first.
package struct TenantIdentifier: Hashable, Comparable, Sendable {
    /// A number that whoever admits requests has chosen.
    package let number: Int

    package init(number: Int) { self.number = number }

    /// The tenant of all requests where nobody is told apart.
    package static let everybody = Self(number: 0)

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
