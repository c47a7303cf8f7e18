import Logging

/// How a line of the log is written.
enum LogFormat: String, CaseIterable, Sendable {
    /// For people: time, level, what happened, and what belongs to it as key=value.
    case text
    /// For programs: an object per line.
    case json

    /// What takes a logger's events and writes lines.
    func handler(label: String, stream: LogStream, level: Logger.Level) -> any LogHandler {
        var handler: any LogHandler =
            switch self {
            case .text: TextLogHandler(label: label, stream: stream)
            case .json: JSONLogHandler(stream: stream)
            }
        handler.logLevel = level
        return handler
    }

    /// The line that stands for lines that are lost.
    func lossLine(_ count: Int) -> String {
        let message = "\(count) lines of the log are lost"
        return switch self {
        case .text: "(\(message))\n"
        case .json:
            JSONLogHandler.line(
                level: .warning,
                message: message,
                metadata: ["lost_lines": "\(count)"]
            )
        }
    }
}
