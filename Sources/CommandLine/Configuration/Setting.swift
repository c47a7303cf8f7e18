import ArgumentParser

/// The settings of the daemon, by their names in the configuration file.
enum Setting: String, CaseIterable {
    case model
    case host
    case port
    case socketMode = "socket_mode"
    case workers
    case logLevel = "log_level"
    case maxQueue = "max_queue"
    case maxRunning = "max_running"
    case maxDrawings = "max_drawings"
    case maxPendingBytes = "max_pending_bytes"
    case kvCacheBytes = "kv_cache_bytes"
    case imageCacheBytes = "image_cache_bytes"
    case maxStepRows = "max_step_rows"
    case stepTime = "step_time"
    case maxBodyBytes = "max_body_bytes"
    case maxHeaderBytes = "max_header_bytes"
    case bodyBytes = "body_bytes"
    case answerBytes = "answer_bytes"
    case maxConnections = "max_connections"
    case maxImagePixels = "max_image_pixels"
    case maxRequestPixels = "max_request_pixels"
    case maxDecodingPixels = "max_decoding_pixels"
    case maxInputParts = "max_input_parts"
    case maxTokens = "max_tokens"
    case maxSegments = "max_segments"
    case maxSteps = "max_steps"
    case maxImages = "max_images"
    case maxTexts = "max_texts"
    case maxBeams = "max_beams"
    case maxOptions = "max_options"
    case requestTimeout = "request_timeout"
    case maxRequestTimeout = "max_request_timeout"
    case heartbeat
    case streamBufferBytes = "stream_buffer_bytes"
    case idleTimeout = "idle_timeout"
    case headTimeout = "head_timeout"
    case bodyTimeout = "body_timeout"
    case writeTimeout = "write_timeout"
    case bodyRate = "body_rate"
    case answerRate = "answer_rate"
    case rateGrace = "rate_grace"
    case drainDelay = "drain_delay"
    case drainTimeout = "drain_timeout"
    case stuckAfter = "stuck_after"

    /// Whether several values may be given, in a list or with commas between them.
    var isList: Bool { self == .host }

    /// The environment variable.
    var environmentName: String { "INTERLEAVED_" + rawValue.uppercased() }

    /// The flag.
    var flagName: String { "--" + rawValue.map { $0 == "_" ? "-" : String($0) }.joined() }
}

/// A setting as it was written somewhere, and where.
struct SettingText {
    let text: String
    /// The place, such as `--port` or `interleaved.yaml: port`.
    let source: String

    // MARK: - Values

    /// A whole number in a range.
    func integer(in range: ClosedRange<Int>) throws -> Int {
        guard let value = Int(text) else { throw refusal("is not a whole number") }
        guard range.contains(value) else {
            throw refusal("is not between \(range.lowerBound) and \(range.upperBound)")
        }
        return value
    }

    /// A number of bytes: `1048576`, `1024KiB`, `1MiB`.
    func byteCount(in range: ClosedRange<Int>) throws -> Int {
        let units = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)]
        let unit = units.first { text.hasSuffix($0.0) }
        let digits = unit.map { text.dropLast($0.0.count) } ?? text[...]
        let (value, isTooLarge) = (Int(digits) ?? -1).multipliedReportingOverflow(by: unit?.1 ?? 1)
        guard value >= 0 else { throw refusal("is not a number of bytes, such as 512KiB") }
        guard !isTooLarge, range.contains(value) else {
            throw refusal("is not between \(range.lowerBound) and \(range.upperBound) bytes")
        }
        return value
    }

    /// A length of time: `250ms`, `30s`, `5m`, `1h`; seconds without a unit.
    func duration(in range: ClosedRange<Duration>) throws -> Duration {
        let units: [(String, Duration)] = [
            ("ms", .milliseconds(1)), ("s", .seconds(1)), ("m", .seconds(60)),
            ("h", .seconds(3600)), ("", .seconds(1)),
        ]
        guard let (suffix, unit) = units.first(where: { text.hasSuffix($0.0) }),
            let value = Double(text.dropLast(suffix.count)), value.isFinite, value >= 0,
            value < 1e9
        else { throw refusal("is not a length of time, such as 30s or 250ms") }
        let duration = unit * value
        guard range.contains(duration) else {
            throw refusal("is not between \(range.lowerBound) and \(range.upperBound)")
        }
        return duration
    }

    /// The error for a value that cannot be used.
    func refusal(_ detail: String) -> ValidationError {
        ValidationError("\(source): \"\(text)\" \(detail)")
    }
}
