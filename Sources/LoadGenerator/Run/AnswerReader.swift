internal import JSON

/// Reads the answer to one request as it arrives, and keeps what a record needs.
///
/// Only the few events that say something besides their time are parsed: the generator shares the
/// processors with the daemon that it measures.
struct AnswerReader {
    private let start: ContinuousClock.Instant
    private var events = EventReader()
    private var hash = ContentHash()
    private var errorBody: [UInt8] = []
    private var isFinished = false
    private(set) var record: RequestRecord

    init(_ request: LoadRequest, start: ContinuousClock.Instant) {
        self.start = start
        record = RequestRecord(request, sent: start.duration(to: .now))
    }

    /// Takes a piece of the body.
    mutating func read(_ piece: ArraySlice<UInt8>, _ status: Int, _ isEventStream: Bool) {
        let now = start.duration(to: .now)
        guard status == 200, isEventStream else {
            errorBody += piece.prefix(max(0, 4096 - errorBody.count))
            return
        }
        var found: [EventReader.Event] = []
        events.read(piece) { found.append($0) }
        for event in found { take(event, now) }
    }

    private mutating func take(_ event: EventReader.Event, _ now: Duration) {
        record.events.append(RequestRecord.TimedEvent(name: event.name, time: now))
        switch event.name {
        case "segment.done":
            let segment = Self.document(event.data)?["segment"]
            for key in ["text", "image"] {
                if case .string(let value)? = segment?[key] { hash.add(value.bytes) }
            }
        case "interleave.completed":
            let data = Self.document(event.data)
            record.tokenCount = data?["usage"]?["completion_tokens"]?.integer ?? 0
            record.pictureCount = data?["usage"]?["output_images"]?.integer ?? 0
            record.queueTime = data?["timings"]?["queue_ms"]?.number.map { .seconds($0 / 1000) }
            record.digest = hash.value
            record.outcome = .completed
        case "error":
            let code = Self.document(event.data)?["error"]?["code"]?.text
            record.outcome = .failed(code ?? "an error without a code")
        case "message": isFinished = true
        default: break
        }
    }

    /// Takes note of the end of the answer.
    mutating func end(_ answer: HTTPClient.Answer) {
        record.ended = start.duration(to: .now)
        record.retryAfter = answer.retryAfter
        switch answer.status {
        case 200:
            if record.outcome == .completed && !isFinished {
                record.outcome = .failed("a stream without its last line")
            }
        case 429, 503: record.outcome = .refused(status: answer.status)
        default:
            let code = Self.document(errorBody)?["error"]?["code"]?.text ?? "no code"
            record.outcome = .failed("status \(answer.status): \(code)")
        }
    }

    /// Takes note that no answer came.
    mutating func fail(_ error: any Error) {
        record.ended = start.duration(to: .now)
        record.outcome = .failed("\(error)")
    }

    /// A document; nil if the bytes are none.
    private static func document(_ bytes: [UInt8]) -> JSONNode? {
        // What is no JSON has none of the fields that are looked for.
        try? JSONParser.parse(bytes)
    }
}

/// A 64-bit hash of texts, to tell equal answers from different ones.
///
/// Source: FNV-1a; each text is followed by a byte that no text has, so that their ends count.
struct ContentHash {
    private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

    mutating func add(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { mix(byte) }
        mix(0xff)
    }

    private mutating func mix(_ byte: UInt8) {
        value = (value ^ UInt64(byte)) &* 0x100_0000_01b3
    }
}
