internal import JSON
internal import MMInterleaved

extension TextParameters {
    /// What a model's configuration says about words.
    init(defaults: GenerationDefaults) {
        self.init()
        maximumTokenCount = defaults.maximumTokenCount
        minimumTokenCount = defaults.minimumTokenCount
        temperature = defaults.temperature
        topP = defaults.topP
        topK = defaults.topK
        repetitionPenalty = defaults.repetitionPenalty
    }

    /// Takes the fields that say how words are generated.
    ///
    /// - Parameters:
    ///   - reader: The object.
    ///   - limits: Bounds of the values.
    ///   - tokenCount: What the dialect calls the most tokens of a text.
    /// - Throws: ``RequestError`` that names the field.
    mutating func decode(
        _ reader: inout ObjectReader,
        _ limits: Limits,
        tokenCount: String = "max_tokens"
    ) throws(RequestError) {
        let tokens = limits.maximumTokenCount
        if let count = try reader.integer(tokenCount, in: 1...tokens) {
            maximumTokenCount = count
            // A shorter limit than the model's own least length asks for less, not for an error.
            minimumTokenCount = min(minimumTokenCount, count)
        }
        minimumTokenCount = try reader.integer("min_tokens", in: 0...tokens) ?? minimumTokenCount
        beamCount = try reader.integer("num_beams", in: 1...limits.maximumBeamCount) ?? beamCount
        for key in beamCount > 1 ? ["temperature", "top_p", "top_k", "min_p"] : ["length_penalty"]
        where reader.has(key) {
            throw .invalid(
                reader.field(key),
                "has a meaning only with \(reader.field("num_beams")) "
                    + (beamCount > 1 ? "at 1" : "above 1")
            )
        }
        temperature =
            try reader.number("temperature", in: GenerationRange.temperature) ?? temperature
        topP = try reader.number("top_p", in: GenerationRange.topP) ?? topP
        topK = try reader.integer("top_k", in: GenerationRange.topK) ?? topK
        minP = try reader.number("min_p", in: GenerationRange.minP) ?? minP
        repetitionPenalty =
            try reader.number("repetition_penalty", in: GenerationRange.repetitionPenalty)
            ?? repetitionPenalty
        lengthPenalty =
            try reader.number("length_penalty", in: GenerationRange.lengthPenalty) ?? lengthPenalty
        sequenceCount = try reader.integer("n", in: 1...limits.maximumTextCount) ?? sequenceCount
        if let node = reader.take("stop") {
            stop = try Self.stops(node, reader.field("stop"), limits)
        }
        let isAsked = try reader.bool("logprobs") ?? false
        let count = try reader.integer("top_logprobs", in: 0...limits.maximumAlternativeCount)
        guard isAsked || (count ?? 0) == 0 else {
            throw .invalid(
                reader.field("top_logprobs"),
                "needs \(reader.field("logprobs")) to be true"
            )
        }
        logProbabilityCount = isAsked ? count ?? 0 : nil
    }

    /// Refuses values that are possible by themselves, but would have no effect beside others.
    ///
    /// - Parameter name: What the dialect calls a field of the texts.
    /// - Throws: ``RequestError`` that names the field.
    func checkCombinations(_ name: (String) -> String) throws(RequestError) {
        guard minimumTokenCount <= maximumTokenCount else {
            throw .invalid(
                name("min_tokens"),
                "must be at most \(name("max_tokens")), \(maximumTokenCount), "
                    + "not \(minimumTokenCount)"
            )
        }
        guard beamCount > 1 else { return }
        guard sequenceCount <= beamCount else {
            throw .invalid(
                name("n"),
                "must be at most \(name("num_beams")), \(beamCount), not \(sequenceCount)"
            )
        }
        guard logProbabilityCount == nil else {
            throw .invalid(
                name("logprobs"),
                "is not available with \(name("num_beams")) above 1"
            )
        }
    }

    /// A text or a list of texts.
    private static func stops(
        _ node: JSONNode,
        _ field: String,
        _ limits: Limits
    ) throws(RequestError) -> [String] {
        let nodes: [(String, JSONNode)]
        if case .string = node {
            nodes = [(field, node)]
        } else if case .array(let elements) = node {
            guard elements.count <= limits.maximumStopCount else {
                throw .invalid(
                    field,
                    "has \(elements.count) texts, at most \(limits.maximumStopCount) are allowed"
                )
            }
            nodes = elements.enumerated().map { ("\(field)[\($0)]", $1) }
        } else {
            throw .invalid(field, "must be a string or an array of strings, not \(node.typeName)")
        }
        var stops: [String] = []
        for (field, node) in nodes {
            let text = try node.string(field, maximumByteCount: limits.maximumStopByteCount)
            guard !text.isEmpty else { throw .invalid(field, "must not be empty") }
            stops.append(text)
        }
        return stops
    }
}

extension PictureParameters {
    /// What a model's configuration says about pictures.
    init(defaults: GenerationDefaults) {
        self.init()
        stepCount = defaults.stepCount
        guidanceScale = defaults.guidanceScale
        method = DiffusionMethod(rawValue: defaults.scheduler) ?? method
    }

    /// Takes the fields of a request's `image` object, all but the encoding.
    mutating func decode(
        _ reader: inout ObjectReader,
        _ limits: Limits,
        maximumStepCount: Int
    ) throws(RequestError) {
        count = try reader.integer("n", in: 1...limits.maximumPictureCount) ?? count
        try decodeDenoising(&reader, maximumStepCount: maximumStepCount)
        previewInterval =
            try reader.integer("preview_every", in: 0...maximumStepCount) ?? previewInterval
    }

    /// Takes the fields that say how a picture becomes of noise, which are the same in every dialect.
    mutating func decodeDenoising(
        _ reader: inout ObjectReader,
        maximumStepCount: Int
    ) throws(RequestError) {
        stepCount = try reader.integer("steps", in: 1...maximumStepCount) ?? stepCount
        guidanceScale =
            try reader.number("guidance_scale", in: GenerationRange.guidanceScale) ?? guidanceScale
        method = try reader.choice("scheduler") ?? method
    }
}
