internal import Engine
internal import HTTPServer
internal import HTTPWire
internal import JSON
internal import MMInterleaved

/// The answer of `POST /v1/interleave`: a document of segments, or numbered events that tell them as they come.
struct InterleaveFormat: AnswerFormat {
    static let endsFailures = true

    private let id: String
    private let call: InterleaveCall
    private let model: String
    private let encoder: SegmentEncoder
    private let created: Int
    /// What the document says of where the request is in its life; nil where it is told once and for all.
    private let status: String?
    /// Finished segments, for the document.
    private var segments: [JSON] = []
    /// Words on their way into the stream.
    private var words: WordEvents
    private var sequenceNumber = 0
    /// The segment that was encoded last: a document and a stream of the same answer have it once.
    private var last: (index: Int, segment: EncodedSegment)?

    /// The format of one answer.
    ///
    /// - Parameters:
    ///   - id: Name of the answer.
    ///   - call: The request, whose input plays no part any more.
    ///   - engine: Who answers: name of the model, and texts of its tokens.
    ///   - created: When the request came, in seconds since 1970.
    ///   - status: What the document says of where the request is in its life.
    init(
        id: String,
        _ call: InterleaveCall,
        _ engine: Engine,
        created: Int = Service.secondsSince1970(),
        status: String? = nil
    ) {
        self.id = id
        self.created = created
        self.status = status
        self.call = call
        model = engine.modelConfiguration.name
        encoder = SegmentEncoder(call, model: model, tokenizer: engine.tokenizer)
        words = WordEvents(encoder, hasChoices: call.request.text.sequenceCount > 1)
    }

    // MARK: - As one document

    mutating func keep(_ segment: Segment) throws {
        segments.append(encoder.json(try encoded(segment)))
    }

    private mutating func encoded(_ segment: Segment) throws -> EncodedSegment {
        if let last, last.index == segment.index { return last.segment }
        let encoded = try encoder.encode(segment)
        last = (segment.index, encoded)
        return encoded
    }

    /// The whole document, of the segments that were kept.
    func document(_ completion: Completion) -> JSON {
        call.document(
            id: id,
            created: created,
            model: model,
            status: status,
            segments: segments,
            completion: completion
        )
    }

    func response(_ completion: Completion) -> Response {
        var response = Response(document(completion))
        response.head.fields["server-timing"] = completion.timings.serverTiming
        return response
    }

    // MARK: - As a stream

    mutating func begin(_ send: Sending) {
        let event = event(
            "interleave.created",
            [
                "id": .string(id), "object": "interleave", "created": .integer(created),
                "model": .string(model), "parameters": call.parameters,
            ]
        )
        send(event)
    }

    mutating func tell(_ event: EngineEvent, _ send: Sending) throws {
        switch event {
        case .segmentStarted(let index, let kind):
            let segment: JSON = ["index": .integer(index), "type": .string(kind.rawValue)]
            send(self.event("segment.started", ["index": .integer(index), "segment": segment]))
        case .textDelta(let index, let choice, let text, let tokens):
            for members in words.more(index, choice: choice, text, tokens) {
                send(self.event("text.delta", members))
            }
        case .imageProgress(let index, let picture, let step, let stepCount, let rest):
            let members: KeyValuePairs<String, JSON?> = [
                "index": .integer(index), "picture": .integer(picture),
                "step": .integer(step), "steps": .integer(stepCount),
                "eta_ms": .double(rest.milliseconds),
            ]
            send(self.event("image.progress", members))
        case .imagePartial(let index, let picture, let step, let image):
            let members: KeyValuePairs<String, JSON?> = [
                "index": .integer(index), "picture": .integer(picture),
                "step": .integer(step), "image": try encoder.preview(image),
            ]
            send(self.event("image.partial", members))
        case .segmentDone(let segment): try finish(segment, send)
        case .started, .completed, .failed: break
        }
    }

    mutating func complete(_ completion: Completion, _ send: Sending) {
        let event = event(
            "interleave.completed",
            [
                "id": .string(id), "finish_reason": .string(completion.finishReason.rawValue),
                "usage": completion.usage.json, "timings": completion.timings.json,
                "explain": call.explains ? completion.explanationJSON : nil,
            ]
        )
        send(event)
    }

    mutating func fail(_ error: ErrorResponse, _ send: Sending) {
        send(event("error", ["error": error.json]))
    }

    /// An event of the stream; `type` and `sequence_number` are put before its members.
    private mutating func event(
        _ name: String,
        _ members: KeyValuePairs<String, JSON?>
    ) -> DocumentEvent {
        var all: [(name: String, value: JSON)] = [
            ("type", .string(name)), ("sequence_number", .integer(sequenceNumber)),
        ]
        sequenceNumber += 1
        all += members.compactMap { name, value in value.map { (name: name, value: $0) } }
        return DocumentEvent(name, .object(all))
    }

    // MARK: - Segments of a stream

    /// Sends what is left of a segment, and its end.
    private mutating func finish(_ segment: Segment, _ send: Sending) throws {
        let encoded = try encoded(segment)
        let document: JSON
        switch encoded {
        case .text(let text):
            for members in words.rest(text) { send(event("text.delta", members)) }
            let whole = encoder.json(encoded, hasLogProbabilities: false)
            let isShort = whole.encoded.count <= WordEvents.maximumSegmentByteCount
            document =
                isShort ? whole : encoder.json(encoded, hasLogProbabilities: false, hasText: false)
        case .images(_, let pictures) where call.imageDelivery == .chunks:
            for (number, picture) in pictures.enumerated() {
                sendChunks(picture, segment, number, send)
            }
            document = encoder.json(encoded) { ("byte_count", .integer($0.bytes.count)) }
        case .images: document = encoder.json(encoded)
        }
        send(event("segment.done", ["index": .integer(segment.index), "segment": document]))
    }

    /// Sends a picture's file in pieces, each of them base64 of its own.
    private mutating func sendChunks(
        _ picture: EncodedPicture,
        _ segment: Segment,
        _ number: Int,
        _ send: Sending
    ) {
        for start in stride(from: 0, to: picture.bytes.count, by: Self.chunkByteCount) {
            let end = min(start + Self.chunkByteCount, picture.bytes.count)
            let event = event(
                "image.delta",
                [
                    "index": .integer(segment.index), "picture": .integer(number),
                    "offset": .integer(start),
                    "data": .base64(picture.bytes[start..<end]),
                ]
            )
            send(event)
        }
    }

    /// Bytes of a piece: a multiple of three, so that the texts joined are base64 as well; an event stays
    /// below 48 KiB.
    private static let chunkByteCount = 36_000
}
