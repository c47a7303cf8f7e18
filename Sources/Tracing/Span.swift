/// A piece of work with a beginning and an end, as a part of a trace.
///
/// Source: OpenTelemetry specification, "Tracing API", section Span.
package struct Span: Hashable, Sendable {
    /// A value that is told beside a name.
    package enum Attribute: Hashable, Sendable {
        case text(String)
        case integer(Int)
    }

    /// Who waits for it.
    package enum Kind: Int, Hashable, Sendable {
        /// Part of the same process.
        case `internal` = 1
        /// A client elsewhere.
        case server = 2
    }

    /// Names the trace: 32 lowercase hexadecimal digits.
    package let trace: String
    /// Names the span: 16 of them.
    package let identifier: String
    /// Names the span of which it is a part; nil for the first of a trace.
    package let parent: String?
    /// What is done.
    package let name: String
    /// Who waits for it.
    package let kind: Kind
    /// Nanoseconds since 1970.
    package let start: UInt64
    /// Nanoseconds since 1970.
    package let end: UInt64
    /// What belongs to it, in order.
    package let attributes: [(name: String, value: Attribute)]
    /// What went wrong; nil if nothing did.
    package let failure: String?

    package init(
        trace: String,
        identifier: String = Span.randomIdentifier(),
        parent: String?,
        name: String,
        kind: Kind = .internal,
        start: UInt64,
        end: UInt64,
        attributes: [(name: String, value: Attribute)] = [],
        failure: String? = nil
    ) {
        self.trace = trace
        self.identifier = identifier
        self.parent = parent
        self.name = name
        self.kind = kind
        self.start = start
        self.end = max(start, end)
        self.attributes = attributes
        self.failure = failure
    }

    /// A name for a span that nobody else has.
    package static func randomIdentifier() -> String { digits(UInt64.random(in: 1...UInt64.max)) }

    /// A name for a trace that nobody else has.
    package static func randomTrace() -> String { randomIdentifier() + randomIdentifier() }

    private static func digits(_ number: UInt64) -> String {
        let text = String(number, radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
    }

    package static func == (left: Span, right: Span) -> Bool { left.identifier == right.identifier }

    package func hash(into hasher: inout Hasher) { hasher.combine(identifier) }
}
