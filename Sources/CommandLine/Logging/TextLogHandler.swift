import Logging

/// Writes each event as a line for people: time (RFC 3339, UTC), level, metadata as `key=value`, and what happened, as
/// swift-log's own handler does; which asks for the time zone's file with every line.
struct TextLogHandler: LogHandler {
    var logLevel = Logger.Level.info
    var metadata: Logger.Metadata = [:]
    private let label: String
    private let stream: LogStream

    init(label: String, stream: LogStream) {
        self.label = label
        self.stream = stream
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var stream = stream
        let own = event.metadata ?? [:]
        stream.write(
            Self.line(
                level: event.level,
                label: label,
                source: event.source,
                message: "\(event.message)",
                metadata: metadata.isEmpty ? own : metadata.merging(own) { $1 }
            )
        )
    }

    /// The line of an event, with its end.
    static func line(
        level: Logger.Level,
        label: String,
        source: String,
        message: String,
        metadata: Logger.Metadata
    ) -> String {
        var line = LogTime.now
        line.reserveCapacity(512)
        line += " "
        line += level.rawValue
        line += " "
        line += label
        line += ":"
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
            line += " "
            line += key
            line += "="
            line += value.description
        }
        line += " ["
        line += source
        line += "] "
        line += message
        line += "\n"
        return line
    }
}
