internal import Dispatch
internal import Engine
internal import HTTPWire
internal import JSON
internal import MMInterleaved
internal import Tokenization

/// Turns the events of one request into its answer, as one document or event by event.
///
/// A stream's head is not sent before the engine takes the request up, or until it has been silent for a
/// heartbeat: what turns out to be wrong with the input by then still gets a status of its own.
final class InterleaveAnswer {
    private let exchange: Exchange
    private let call: InterleaveCall
    private let model: String
    private let encoder: SegmentEncoder
    private let cancellation: Cancellation
    private let configuration: Service.Configuration
    private let isStreaming: Bool
    /// Pictures are compressed here, off the engine's thread, and events keep their order.
    private let queue = DispatchQueue(label: "interleaved.answer", qos: .userInitiated)

    private let id: String
    private let created = Service.secondsSince1970()
    private var segments: [JSON] = []
    private var stream: EventStream?
    private var words: WordEvents
    private var isOver = false

    init(
        _ exchange: Exchange,
        _ call: InterleaveCall,
        id: String,
        isStreaming: Bool,
        engine: Engine,
        cancellation: Cancellation,
        configuration: Service.Configuration
    ) {
        self.exchange = exchange
        self.call = call
        self.id = id
        self.isStreaming = isStreaming
        self.cancellation = cancellation
        self.configuration = configuration
        model = engine.modelConfiguration.name
        let encoder = SegmentEncoder(call, model: model, tokenizer: engine.tokenizer)
        self.encoder = encoder
        words = WordEvents(encoder, hasChoices: call.request.text.sequenceCount > 1)
    }

    /// Begins to wait for events.
    func begin() {
        guard isStreaming else { return }
        let seconds = configuration.heartbeat / .seconds(1)
        queue.asyncAfter(deadline: .now() + seconds) { [weak self] in self?.startStream() }
    }

    /// Takes an event, from any thread.
    func receive(_ event: EngineEvent) {
        queue.async { self.handle(event) }
    }

    /// Hears that the client went away, from any thread.
    func clientClosed() {
        cancellation.cancel()
        queue.async { self.stream?.close() }
    }

    // MARK: - Events

    private func handle(_ event: EngineEvent) {
        dispatchPrecondition(condition: .onQueue(queue))
        guard !isOver else { return }
        do {
            if isStreaming { try handleStreaming(event) } else { try handlePlain(event) }
        } catch {
            cancellation.cancel(.fault)
            fail(error)
        }
    }

    private func handlePlain(_ event: EngineEvent) throws {
        switch event {
        case .segmentDone(let segment):
            segments.append(encoder.json(try encoder.encode(segment)))
        case .completed(let completion):
            isOver = true
            let document = call.document(
                id: id,
                created: created,
                model: model,
                segments: segments,
                completion: completion
            )
            exchange.answer(document, timings: completion.timings, work: Work(completion.usage))
        case .failed(let error): fail(error)
        default: break
        }
    }

    private func handleStreaming(_ event: EngineEvent) throws {
        // A failure before anything was sent is an ordinary error response.
        if case .failed = event {} else { startStream() }
        switch event {
        case .started: break
        case .segmentStarted(let index, let kind):
            stream?.send(
                "segment.started",
                [
                    "index": .integer(index),
                    "segment": ["index": .integer(index), "type": .string(kind.rawValue)],
                ]
            )
        case .textDelta(let index, let choice, let text, let tokens):
            for members in words.more(index, choice: choice, text, tokens) {
                stream?.send("text.delta", members)
            }
        case .imageProgress(let index, let picture, let step, let stepCount):
            stream?.send(
                "image.progress",
                [
                    "index": .integer(index), "picture": .integer(picture),
                    "step": .integer(step), "steps": .integer(stepCount),
                ]
            )
        case .imagePartial(let index, let picture, let step, let image):
            stream?.send(
                "image.partial",
                [
                    "index": .integer(index), "picture": .integer(picture),
                    "step": .integer(step), "image": try encoder.preview(image),
                ]
            )
        case .segmentDone(let segment): try finish(segment)
        case .completed(let completion): complete(completion)
        case .failed(let error): fail(error)
        }
    }

    /// Sends what is left of a segment, and its end.
    private func finish(_ segment: Segment) throws {
        let encoded = try encoder.encode(segment)
        let document: JSON
        switch encoded {
        case .text(let text):
            for members in words.rest(text) { stream?.send("text.delta", members) }
            let whole = encoder.json(encoded, hasLogProbabilities: false)
            let isShort = whole.encoded.count <= WordEvents.maximumSegmentByteCount
            document =
                isShort ? whole : encoder.json(encoded, hasLogProbabilities: false, hasText: false)
        case .images(_, let pictures) where call.imageDelivery == .chunks:
            for (number, picture) in pictures.enumerated() { sendChunks(picture, segment, number) }
            document = encoder.json(encoded) { ("byte_count", .integer($0.bytes.count)) }
        case .images: document = encoder.json(encoded)
        }
        stream?.send("segment.done", ["index": .integer(segment.index), "segment": document])
    }

    /// Sends a picture's file in pieces, each of them base64 of its own.
    private func sendChunks(_ picture: EncodedPicture, _ segment: Segment, _ number: Int) {
        for start in stride(from: 0, to: picture.bytes.count, by: Self.chunkByteCount) {
            let end = min(start + Self.chunkByteCount, picture.bytes.count)
            var text: [UInt8] = []
            Base64.encode(picture.bytes[start..<end], to: &text)
            stream?.send(
                "image.delta",
                [
                    "index": .integer(segment.index), "picture": .integer(number),
                    "offset": .integer(start),
                    "data": .string(String(decoding: text, as: UTF8.self)),
                ]
            )
        }
    }

    /// Bytes of a piece: a multiple of three, so that the texts joined are base64 as well; an event stays
    /// below 48 KiB.
    private static let chunkByteCount = 36_000

    private func complete(_ completion: Completion) {
        isOver = true
        stream?.send(
            "interleave.completed",
            [
                "id": .string(id), "finish_reason": .string(completion.finishReason.rawValue),
                "usage": completion.usage.json, "timings": completion.timings.json,
            ]
        )
        stream?.finish()
        let isGone = cancellation.isClientGone
        exchange.context.log(isGone ? 499 : 200, to: exchange.logger, work: Work(completion.usage))
    }

    private func fail(_ error: any Error) {
        isOver = true
        let report = exchange.report(error)
            .asked(isCancelled: cancellation.isAsked, setsTimeout: call.setsTimeout)
        guard let stream else { return exchange.fail(report) }
        stream.send("error", ["error": report.json])
        stream.finish()
        exchange.context.log(
            cancellation.isClientGone ? 499 : report.status.code,
            to: exchange.logger,
            error: "\(report.code): \(report.message)"
        )
    }

    private func startStream() {
        dispatchPrecondition(condition: .onQueue(queue))
        guard stream == nil, !isOver else { return }
        let cancellation = cancellation
        let stream = EventStream(
            exchange.writer,
            on: queue,
            heartbeat: configuration.heartbeat,
            maximumBacklogByteCount: configuration.maximumBacklogByteCount,
            overflow: { cancellation.cancel() }
        )
        self.stream = stream
        guard stream.start(fields: ["x-request-id": exchange.context.id]) else {
            return cancellation.cancel()
        }
        stream.send(
            "interleave.created",
            [
                "id": .string(id), "object": "interleave", "created": .integer(created),
                "model": .string(model), "parameters": call.parameters,
            ]
        )
    }
}

// Sendable: its variables are touched only on `queue`, which every function that does checks.
extension InterleaveAnswer: @unchecked Sendable {}
