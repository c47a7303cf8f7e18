import JSON
import Logging

/// Writes each event as a JSON object on a line of its own: `time` (RFC 3339, UTC), `level`, `message`, and a member per
/// piece of metadata.
struct JSONLogHandler: LogHandler {
    var logLevel = Logger.Level.info
    var metadata: Logger.Metadata = [:]
    private let stream: LogStream

    init(stream: LogStream) { self.stream = stream }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var stream = stream
        let all = event.metadata.map { metadata.merging($0) { $1 } } ?? metadata
        stream.write(Self.line(level: event.level, message: "\(event.message)", metadata: all))
    }

    /// The line of an event, with its end.
    static func line(
        level: Logger.Level,
        message: String,
        metadata: Logger.Metadata
    ) -> String {
        var members: [(name: String, value: JSON)] = [
            ("time", .string(LogTime.now)), ("level", .string(level.rawValue)),
            ("message", .string(message)),
        ]
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
            members.append((key, json(value)))
        }
        return String(decoding: JSON.object(members).encoded, as: UTF8.self) + "\n"
    }

    private static func json(_ value: Logger.Metadata.Value) -> JSON {
        switch value {
        case .string(let text): .string(text)
        // Numbers that are given as such stay numbers.
        case .stringConvertible(let number as Int): .integer(number)
        case .stringConvertible(let number as Double): .double(number)
        case .stringConvertible(let other): .string(other.description)
        case .array(let values): .array(values.map(json))
        case .dictionary(let values):
            .object(values.sorted { $0.key < $1.key }.map { ($0.key, json($0.value)) })
        }
    }
}
