internal import Engine
internal import HTTPServer
internal import HTTPWire
internal import Images
internal import JSON
internal import MMInterleaved

/// The answer of `POST /v1/chat/completions`: a document of choices, or chunks of them.
///
/// Source: OpenAI API, The chat completion object, The chat completion chunk object; `images` as OpenRouter and LiteLLM have
/// them.
struct ChatFormat: AnswerFormat {
    // Whoever takes that line for success should not see it behind an error.
    static let endsFailures = false

    private let id: String
    private let model: String
    private let fingerprint: String
    private let created = Service.secondsSince1970()
    private let includesUsage: Bool
    private let mode: GenerationMode
    private let encoder: SegmentEncoder
    private let tokens: ChatTokens
    /// Whether log-probabilities are told.
    private let hasLogProbabilities: Bool
    private var choices: [ChatChoice]

    /// The format of one answer.
    ///
    /// - Parameters:
    ///   - id: Name of the answer.
    ///   - chat: The request, whose input plays no part any more.
    ///   - engine: Who answers: name of the model, and texts of its tokens.
    init(id: String, _ chat: ChatCall, _ engine: Engine) {
        self.id = id
        model = engine.modelConfiguration.name
        fingerprint = "fp_" + engine.profile
        includesUsage = chat.includesUsage
        let request = chat.call.request
        mode = request.mode
        hasLogProbabilities = mode != .image && request.text.logProbabilityCount != nil
        encoder = SegmentEncoder(chat.call, model: model, tokenizer: engine.tokenizer)
        tokens = ChatTokens(engine.tokenizer, engine.modelConfiguration.vocabulary)
        let count = mode == .image ? request.picture.count : request.text.sequenceCount
        choices = (0..<count).map { _ in ChatChoice() }
    }

    // MARK: - As one document

    mutating func keep(_ segment: Segment) throws {
        for (index, delta) in try deltas(segment) { choices[index].add(delta) }
    }

    func response(_ completion: Completion) -> Response {
        let choices = self.choices.enumerated().map { index, choice in
            JSON.members([
                "index": .integer(index),
                "message": .members([
                    "role": "assistant",
                    "content": mode == .image ? .null : .string(choice.text),
                    "refusal": .null,
                    "images": choice.images.isEmpty ? nil : .array(choice.images),
                ]),
                "logprobs": hasLogProbabilities ? tokens.json(choice.logProbabilities) : .null,
                "finish_reason": .string(reason(choice, completion)),
            ])
        }
        let document: JSON = [
            "id": .string(id), "object": "chat.completion", "created": .integer(created),
            "model": .string(model), "choices": .array(choices),
            "usage": completion.usage.chatJSON, "system_fingerprint": .string(fingerprint),
        ]
        var response = Response(document)
        response.head.fields["server-timing"] = completion.timings.serverTiming
        return response
    }

    // MARK: - As a stream

    mutating func begin(_ send: Sending) {
        for index in choices.indices {
            let content: JSON = mode == .image ? .null : ""
            send(chunk(index, ["role": "assistant", "content": content, "refusal": .null]))
        }
    }

    mutating func tell(_ event: EngineEvent, _ send: Sending) throws {
        switch event {
        case .textDelta(let segment, let index, let text, let logProbabilities):
            var delta = ChatChoice.Delta(segment: segment)
            delta.text = text
            delta.logProbabilities = told(logProbabilities)
            tell(delta, of: index, send)
        case .segmentDone(let segment):
            for (index, delta) in try deltas(segment) {
                tell(choices[index].rest(of: delta), of: index, send)
            }
        // What is on its way has no word in this dialect; comments keep the stream alive.
        case .started, .segmentStarted, .imageProgress, .imagePartial, .completed, .failed: break
        }
    }

    mutating func complete(_ completion: Completion, _ send: Sending) {
        for (index, choice) in choices.enumerated() {
            send(chunk(index, [:], reason: .string(reason(choice, completion))))
        }
        guard includesUsage else { return }
        send(event(choices: [], usage: completion.usage.chatJSON))
    }

    mutating func fail(_ error: ErrorResponse, _ send: Sending) {
        send(DocumentEvent(nil, ["error": error.json]))
    }

    /// Sends what a delta brings, if it brings anything.
    private mutating func tell(_ delta: ChatChoice.Delta, of index: Int, _ send: Sending) {
        let text = choices[index].add(delta)
        let hasTokens = !(delta.logProbabilities ?? []).isEmpty
        if !text.isEmpty || hasTokens {
            let logProbabilities = delta.logProbabilities.map(tokens.json)
            send(chunk(index, ["content": .string(text)], logProbabilities: logProbabilities))
        }
        for image in delta.images { send(chunk(index, ["images": .array([image])])) }
    }

    private func chunk(
        _ index: Int,
        _ delta: JSON,
        logProbabilities: JSON? = nil,
        reason: JSON = .null
    ) -> DocumentEvent {
        event(
            choices: [
                [
                    "index": .integer(index), "delta": delta,
                    "logprobs": logProbabilities ?? .null, "finish_reason": reason,
                ]
            ],
            // Clients that asked for it find it in every chunk, null in all but the last.
            usage: includesUsage ? .null : nil
        )
    }

    private func event(choices: [JSON], usage: JSON?) -> DocumentEvent {
        let document = JSON.members([
            "id": .string(id), "object": "chat.completion.chunk", "created": .integer(created),
            "model": .string(model), "choices": .array(choices), "usage": usage,
            "system_fingerprint": .string(fingerprint),
        ])
        return DocumentEvent(nil, document)
    }

    // MARK: - Segments

    /// What a segment says, by choice.
    private func deltas(
        _ segment: Segment
    ) throws -> [(index: Int, delta: ChatChoice.Delta)] {
        switch try encoder.encode(segment) {
        case .text(let segment):
            return segment.choices.enumerated().map { index, choice in
                var delta = ChatChoice.Delta(segment: segment.index)
                delta.text = choice.text
                delta.logProbabilities = told(choice.logProbabilities)
                delta.reason = choice.finishReason
                return (index, delta)
            }
        case .images(let segment, let pictures):
            return pictures.enumerated().map { number, picture in
                // Pictures alone are a choice each; those among words belong to the only one.
                let index = mode == .image ? number : 0
                var delta = ChatChoice.Delta(segment: segment)
                delta.images = [choices[index].image(picture)]
                return (index, delta)
            }
        }
    }

    /// The tokens that are told: those that end a text have no words.
    private func told(_ tokens: [TokenLogProbability]?) -> [TokenLogProbability]? {
        hasLogProbabilities ? tokens?.filter { !self.tokens.isEnd($0.token) } : nil
    }

    private func reason(_ choice: ChatChoice, _ completion: Completion) -> String {
        let reason = mode == .text ? choice.reason : completion.finishReason
        return reason == .length ? "length" : "stop"
    }
}

extension Usage {
    /// The `usage` object of a chat completion.
    var chatJSON: JSON {
        [
            "prompt_tokens": .integer(promptTokenCount),
            "completion_tokens": .integer(completionTokenCount),
            "total_tokens": .integer(promptTokenCount + completionTokenCount),
            "prompt_tokens_details": ["cached_tokens": .integer(cachedTokenCount)],
        ]
    }
}
