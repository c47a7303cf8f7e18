internal import Engine
internal import JSON
package import MMInterleaved

/// A decoded `POST /v1/chat/completions` document.
///
/// Source: OpenAI API, Chat completions; docs/OPENAI.md tells what of it there is.
package struct ChatCall: Sendable {
    /// What to compute, and how pictures are encoded.
    package internal(set) var call: InterleaveCall
    /// Whether to answer event by event.
    package private(set) var isStreaming = false
    /// Whether a stream tells in the end what the answer cost.
    package private(set) var includesUsage = false
    /// What the document calls its fields.
    let names: FieldNames

    /// Decodes a document strictly; what it leaves out comes from the model's configuration.
    ///
    /// - Parameters:
    ///   - body: The document.
    ///   - configuration: The model's.
    ///   - limits: Bounds of the request.
    ///   - arrived: When the request arrived, from which its time counts.
    /// - Throws: ``RequestError`` that names the field.
    package init(
        decoding body: [UInt8],
        configuration: ModelConfiguration,
        limits: Limits,
        arrived: ContinuousClock.Instant = .now
    ) throws(RequestError) {
        var reader = try ObjectReader(document: body, limits, pictureKeys: ["url"])
        try reader.checkModel(configuration.name, limits)
        try reader.refuseChatFields()
        let deadline = try reader.deadline(limits, after: arrived)
        let messages = try ChatMessage.messages(reader.require("messages"), limits, deadline)
        let prompt = try ChatPrompt(
            messages,
            reader.modalities(),
            template: reader.string("template", maximumByteCount: limits.maximumNameByteCount),
            configuration.templates,
            deadline
        )
        try reader.refuseMeaningless(prompt.answer.mode)
        let tokenField = try reader.tokenField()
        names = FieldNames(
            input: "messages",
            tokenCount: tokenField,
            pictures: prompt.pictureFields
        )
        call = InterleaveCall(configuration: configuration, limits: limits)
        call.use(deadline)
        call.request.use(prompt.answer, limits)
        call.request.input = prompt.input
        call.template = prompt.template
        try call.request.text.decode(&reader, limits, tokenCount: tokenField)
        try call.request.text.checkCombinations { $0 == "max_tokens" ? tokenField : $0 }
        try call.request.useChoices(limits)
        try call.decodeShared(&reader, configuration, limits)
        isStreaming = try reader.bool("stream") ?? false
        includesUsage = try reader.streamOptions(isStreaming)
        try reader.finish()
    }
}

extension ChatCall: OpenAICall {
    static var prefix: String { "chatcmpl-" }
}

extension InterleaveRequest {
    /// Makes what `n` asked for texts of what the answer consists of.
    fileprivate mutating func useChoices(_ limits: Limits) throws(RequestError) {
        let count = text.sequenceCount
        switch mode {
        case .text: return
        case .image:
            guard count <= limits.maximumPictureCount else {
                throw .invalid(
                    "n",
                    "must be between 1 and \(limits.maximumPictureCount) for pictures, not \(count)"
                )
            }
            picture.count = count
        case .interleave:
            guard count == 1 else {
                throw .invalid("n", "must be 1 for an answer of words and pictures")
            }
        }
        text.sequenceCount = 1
    }
}

extension ObjectReader {
    /// The field that bounds the tokens of a text, of which OpenAI has an old and a new one.
    fileprivate mutating func tokenField() throws(RequestError) -> String {
        let (old, new) = ("max_tokens", "max_completion_tokens")
        guard has(new) else { return old }
        guard !has(old) else { throw .invalid(old, "has no meaning beside \(new)") }
        _ = take(old)
        return new
    }

    /// Refuses fields that have no say in an answer of words, or of pictures.
    fileprivate func refuseMeaningless(_ mode: PromptTemplate.Mode) throws(RequestError) {
        let (fields, answer): ([String], String) =
            switch mode {
            case .text: (Self.pictureFields, "words: modalities do not ask for pictures")
            case .image: (Self.textFields, "a picture alone")
            case .interleave: ([], "")
            }
        for field in fields {
            guard let value = value(of: field), !Self.isDefault(value, of: field) else { continue }
            throw .invalid(field, "has no meaning for an answer of \(answer)")
        }
    }

    /// Whether a value is the contract's default, which generated clients send everywhere.
    private static func isDefault(_ value: JSONNode, of field: String) -> Bool {
        switch (field, value) {
        case ("num_beams", .number(let number)): number.integer == 1
        case ("logprobs", .bool(let value)): !value
        case ("output_format", .string(let format)): format.text.hasSameBytes(as: "png")
        default: false
        }
    }

    private static let pictureFields = ["steps", "guidance_scale", "scheduler", "output_format"]
    private static let textFields = [
        "max_completion_tokens", "max_tokens", "min_tokens", "temperature", "top_p", "top_k",
        "min_p", "repetition_penalty", "num_beams", "length_penalty", "stop", "logprobs",
        "top_logprobs",
    ]

    /// What the client wants back, by `modalities`; words if it does not say.
    fileprivate mutating func modalities() throws(RequestError) -> ChatPrompt.Wanted {
        guard let node = take("modalities") else { return .text }
        var (hasText, hasImage) = (false, false)
        for (index, node) in try node.elements("modalities", in: 1...2).enumerated() {
            let field = "modalities[\(index)]"
            switch try node.string(field, maximumByteCount: 64) {
            case "text": hasText = true
            case "image": hasImage = true
            case let other:
                throw RequestError(
                    .unsupported,
                    field: field,
                    "\(field) must be text or image, not \(quoted(other)): the model answers "
                        + "nothing else"
                )
            }
        }
        return hasImage ? (hasText ? .both : .image) : .text
    }

    /// Whether `stream_options` ask for the usage.
    fileprivate mutating func streamOptions(_ isStreaming: Bool) throws(RequestError) -> Bool {
        guard var options = try object("stream_options") else { return false }
        guard isStreaming else {
            throw .invalid("stream_options", "have a meaning only in a stream: set stream to true")
        }
        let includesUsage = try options.bool("include_usage") ?? false
        // Nothing is obfuscated in either case.
        _ = try options.bool("include_obfuscation")
        try options.finish()
        return includesUsage
    }

    /// Refuses fields of the dialect that the model cannot do, and takes those without effect.
    fileprivate mutating func refuseChatFields() throws(RequestError) {
        for key in ["tools", "functions"] {
            if let node = take(key) {
                guard case .array(let elements) = node, elements.isEmpty else {
                    throw RequestError(
                        .unsupported,
                        field: key,
                        "\(key) cannot be called: \(Self.noTools)"
                    )
                }
            }
        }
        for key in ["tool_choice", "function_call"] {
            try accept(key, only: ["none", "auto"], Self.noTools)
        }
        _ = try bool("parallel_tool_calls")
        for key in ["frequency_penalty", "presence_penalty"] {
            if let value = try number(key, in: -2...2), value != 0 {
                throw RequestError(
                    .unsupported,
                    field: key,
                    "\(key) may be 0 alone: use repetition_penalty"
                )
            }
        }
        if let node = take("logit_bias") {
            guard case .object(let object) = node, object.members.isEmpty else {
                throw RequestError(
                    .unsupported,
                    field: "logit_bias",
                    "logit_bias is not available"
                )
            }
        }
        if var format = try object("response_format") {
            try format.accept(
                "type",
                only: ["text"],
                "answers are not constrained to a grammar or schema"
            )
            for key in ["json_schema", "grammar"] { try format.refuse(key, "is not available") }
            try format.finish()
        }
        try accept("store", only: false, "must be false: no answer is kept")
        try accept("service_tier", only: ["auto", "default"], "use priority")
        try metadata()
        for (key, reason) in Self.refusedChatFields { try refuse(key, reason) }
    }

    /// Takes `metadata`, which is about stored answers: 16 pairs of short texts.
    private mutating func metadata() throws(RequestError) {
        guard let node = take("metadata") else { return }
        guard case .object(let object) = node, object.members.count <= 16 else {
            throw .invalid("metadata", "must be an object of at most 16 texts")
        }
        for member in object.members {
            let field = "metadata.\(printable(member.name))"
            guard member.name.unicodeScalars.count <= 64 else {
                throw .invalid(field, "has a name of more than 64 characters")
            }
            _ = try member.value.string(field, maximumByteCount: 512)
        }
    }

    private static let noTools = "the model knows no tools"

    /// What OpenAI's models do and this one does not.
    private static let refusedChatFields: KeyValuePairs<String, String> = [
        "audio": "cannot be had: the model has no voice",
        "prediction": "is not available: answers are computed token by token",
        "reasoning_effort": "has no meaning: the model does not think before it answers",
        "verbosity": "has no meaning: ask for fewer tokens with max_completion_tokens",
        "web_search_options": "cannot be had: the model searches nothing",
        "prompt_cache_retention": "has no meaning: see the setting kv_cache_bytes",
        "moderation": "is not available",
    ]
}
