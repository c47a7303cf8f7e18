internal import Logging
internal import Tracing

/// Where the end of every request is told.
struct RequestRecords: Sendable {
    /// What `/metrics` counts.
    let counters = HTTPRequestCounters()
    /// Where spans go; nil if nobody wants them.
    let spans: SpanExporter?
    /// Where lines go.
    let logger: Logger
    /// Whether programs read the lines: then everything is a field of its own.
    let isStructured: Bool
}
