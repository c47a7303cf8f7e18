package import Engine
package import Images
internal import JSON
package import MMInterleaved

/// A decoded `POST /v1/interleave` document: what to compute, and how to answer.
///
/// The same document means the same whether it comes over HTTP or from a file.
package struct InterleaveCall: Sendable {
    /// What to compute.
    package var request = InterleaveRequest()
    /// Encoding of the answer's pictures.
    package var imageFormat = ImageFormat.png
    /// How a stream brings the answer's pictures.
    package var imageDelivery = ImageDelivery.whole
    /// Whether PNG files tell how they were made.
    package var writesMetadata = true
    /// Whether to answer event by event; nil if the document does not say.
    package var streams: Bool?
    /// Whether the document says how long the answer may take.
    package internal(set) var setsTimeout = false
    /// Whether to tell what the request would do instead of doing it.
    package private(set) var isDryRun = false
    /// Whether to answer at once, and let the answer be asked for later.
    package private(set) var isBackground = false
    /// Whether the answer tells where its time went.
    package private(set) var explains = false
    /// Name of the template that words the input.
    package internal(set) var template: String?
    /// Where the pictures of a worded input stand in the document's, by their place in the prompt.
    private var pictureSources: [Int: Int] = [:]

    /// A call with the model's own defaults and no input yet.
    package init(configuration: ModelConfiguration, limits: Limits = Limits()) {
        request.text = TextParameters(defaults: configuration.defaults)
        request.picture = PictureParameters(defaults: configuration.defaults)
        request.timeout = limits.defaultTimeout
        // The operator's bounds are stronger than the model's defaults.
        request.text.maximumTokenCount = min(
            request.text.maximumTokenCount,
            limits.maximumTokenCount
        )
        request.text.minimumTokenCount = min(
            request.text.minimumTokenCount,
            limits.maximumTokenCount
        )
        request.picture.stepCount = min(request.picture.stepCount, limits.maximumStepCount)
        writesMetadata = limits.writesMetadata
    }

    /// Decodes a document strictly; what it leaves out comes from the model's configuration.
    ///
    /// Without a `seed` it gets a random one below 2^53, which every JSON reader keeps exactly.
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
        self.init(configuration: configuration, limits: limits)
        var reader = try ObjectReader(document: body, limits)
        try reader.checkModel(configuration.name, limits)
        let deadline = try reader.deadline(limits, after: arrived)
        use(deadline)
        request.input = try InputDecoding.parts(reader.require("input"), "input", limits, deadline)
        try decodeTemplate(&reader, configuration.templates, limits)
        try decodeMode(&reader)
        guard request.mode == .interleave || !reader.has("max_segments") else {
            throw .invalid("max_segments", "has a meaning only in mode \"interleave\"")
        }
        request.maximumSegmentCount =
            try reader.integer("max_segments", in: 1...limits.maximumSegmentCount)
            ?? min(request.maximumSegmentCount, limits.maximumSegmentCount)
        if var text = try reader.object("text") {
            try text.refuse(if: request.mode == .image, in: request.mode)
            try text.refuse(ifForcedAlone: .image, request)
            try request.text.decode(&text, limits)
            try text.finish()
        }
        if var image = try reader.object("image") {
            try image.refuse(if: request.mode == .text, in: request.mode)
            try image.refuse(ifForcedAlone: .text, request)
            try request.picture.decode(
                &image,
                limits,
                maximumStepCount: limits.maximumStepCount(configuration)
            )
            imageFormat = try image.choice("format") ?? imageFormat
            imageDelivery = try image.choice("delivery") ?? imageDelivery
            try decodeMetadata(&image)
            try image.finish()
        }
        request.seed =
            try reader.integer("seed", in: 0...UInt64.max) ?? UInt64.random(in: 0..<(1 << 53))
        streams = try reader.bool("stream")
        try decodeTelling(&reader)
        request.priority = try reader.choice("priority") ?? request.priority
        _ = try reader.string("user", maximumByteCount: limits.maximumNameByteCount)
        request.scope.salt = try reader.cacheSalt()
        try reader.finish()
        try checkCombinations()
        if let streams, !isBackground { try checkStreaming(streams) }
        try checkSteps(configuration.imageDecoder.scheduler, "image.steps")
    }

    /// Takes how long the answer may take.
    mutating func use(_ deadline: RequestDeadline) {
        request.timeout = deadline.timeout
        setsTimeout = deadline.isChosen
    }

    /// Words the input as a template says, if one is asked for; its answer is the default then.
    private mutating func decodeTemplate(
        _ reader: inout ObjectReader,
        _ templates: [PromptTemplate],
        _ limits: Limits
    ) throws(RequestError) {
        let name = try reader.string("template", maximumByteCount: limits.maximumNameByteCount)
        guard let name else { return }
        let template = try templates.named(name, "template")
        let inputs = PromptTemplate.Inputs(request.input)
        try template.requireInputs(
            textCount: inputs.texts.count,
            pictureCount: inputs.pictures.count,
            "input"
        )
        let places = request.input.picturePlaces
        request.input = template.prompt(inputs)
        pictureSources = Dictionary(
            uniqueKeysWithValues: zip(request.input.picturePlaces, places)
        )
        self.template = template.name
        request.use(template.answer, limits)
    }

    /// Takes whether files tell how they were made, which PNG alone can.
    private mutating func decodeMetadata(_ image: inout ObjectReader) throws(RequestError) {
        let isAsked = try image.bool("metadata")
        guard isAsked != true || imageFormat == .png else {
            throw .invalid(
                "image.metadata",
                "is written into PNG files alone, not into \(imageFormat.rawValue)"
            )
        }
        writesMetadata = isAsked ?? writesMetadata
    }

    /// Takes what is told besides the answer.
    private mutating func decodeTelling(_ reader: inout ObjectReader) throws(RequestError) {
        isDryRun = try reader.bool("dry_run") ?? false
        explains = try reader.bool("explain") ?? false
        isBackground = try reader.bool("background") ?? false
        guard !isBackground || streams != true else {
            throw .invalid(
                "stream",
                "has no meaning where background is true: the events are at /v1/interleave/{id}/events"
            )
        }
        guard isDryRun else { return }
        guard !isBackground else {
            throw .invalid("background", "has no meaning where dry_run is true")
        }
        for (field, isAsked) in [("stream", streams == true), ("explain", explains)] where isAsked {
            throw .invalid(field, "has no meaning where dry_run is true")
        }
    }

    /// Takes what comes back, in which a template has the first word.
    private mutating func decodeMode(_ reader: inout ObjectReader) throws(RequestError) {
        let mode: GenerationMode? = try reader.choice("mode")
        if let template, let mode, mode != request.mode {
            throw .invalid(
                "mode",
                "is \"\(mode.rawValue)\", the template \(quoted(template)) is for "
                    + "\"\(request.mode.rawValue)\""
            )
        }
        request.mode = mode ?? request.mode
        request.force = try reader.choice("force") ?? request.force
    }

    /// The call without its input, which is large and plays no part in the answer.
    var withoutInput: InterleaveCall {
        var call = self
        call.request.input = []
        return call
    }

    /// What the document calls a field.
    func name(of field: RequestField) -> String {
        guard case .inputPicture(let part) = field, let source = pictureSources[part] else {
            return field.documentName
        }
        return RequestField.inputPicture(part: source).documentName
    }

    /// Refuses numbers of steps that the schedule does not yield, before anything is computed.
    func checkSteps(
        _ configuration: DiffusionConfiguration,
        _ field: String
    ) throws(RequestError) {
        guard request.mode != .text else { return }
        do throws(DiffusionConfigurationError) {
            _ = try DiffusionScheduler(
                configuration: configuration,
                method: request.picture.method,
                stepCount: request.picture.stepCount,
                elementCount: 1
            )
        } catch {
            throw .invalid(field, "is not possible: \(error.detail)")
        }
    }

    /// Refuses what only a stream has.
    func checkStreaming(_ isStreaming: Bool) throws(RequestError) {
        guard isStreaming || imageDelivery == .whole else {
            throw .invalid(
                "image.delivery",
                "may be \"chunks\" only in a stream: set stream to true"
            )
        }
        guard isStreaming || request.picture.previewInterval == 0 else {
            throw .invalid(
                "image.preview_every",
                "has a meaning only in a stream: set stream to true"
            )
        }
    }

    /// Refuses values that are possible by themselves, but would have no effect beside others.
    private func checkCombinations() throws(RequestError) {
        let text = request.text
        guard request.force == nil || request.mode == .interleave else {
            throw .invalid("force", "has a meaning only in mode \"interleave\"")
        }
        let picture = request.picture
        guard picture.previewInterval <= picture.stepCount else {
            throw .invalid(
                "image.preview_every",
                "must be at most image.steps, \(picture.stepCount), not \(picture.previewInterval)"
            )
        }
        guard text.sequenceCount == 1 || request.mode == .text else {
            throw .invalid("text.n", "may be above 1 only in mode \"text\"")
        }
        try text.checkCombinations { "text.\($0)" }
    }
}

extension InterleaveRequest {
    /// Takes what a template says of its answers.
    mutating func use(_ answer: PromptTemplate.Answer, _ limits: Limits) {
        mode = GenerationMode(answer.mode)
        force = answer.first.map { SegmentKind($0) }
        if let count = answer.maximumSegmentCount {
            maximumSegmentCount = min(count, limits.maximumSegmentCount)
        }
        if let count = answer.maximumTokenCount {
            text.maximumTokenCount = min(count, limits.maximumTokenCount)
            text.minimumTokenCount = min(text.minimumTokenCount, count)
        }
    }
}

extension Limits {
    /// Most denoising steps of a model's pictures: its noise schedule may have fewer than the operator allows.
    func maximumStepCount(_ configuration: ModelConfiguration) -> Int {
        min(maximumStepCount, configuration.imageDecoder.scheduler.trainingStepCount)
    }
}

extension [InputPart] {
    /// Where the pictures stand among all parts.
    var picturePlaces: [Int] {
        indices.filter { if case .image = self[$0] { true } else { false } }
    }
}

extension ObjectReader {
    /// Refuses an object that has no say in a mode, unless it says nothing.
    func refuse(if isMeaningless: Bool, in mode: GenerationMode) throws(RequestError) {
        guard isMeaningless, saysSomething else { return }
        throw .invalid(path, "has no meaning in mode \"\(mode.rawValue)\"")
    }

    /// Refuses an object that has no say in an answer of one segment, which is of the other kind.
    func refuse(
        ifForcedAlone kind: SegmentKind,
        _ request: InterleaveRequest
    ) throws(RequestError) {
        guard request.force == kind, request.maximumSegmentCount == 1, saysSomething else { return }
        throw .invalid(
            path,
            "has no meaning in a single segment that is forced to be of another kind"
        )
    }

    /// Takes the `model` field, which may be left out.
    mutating func checkModel(_ served: String, _ limits: Limits) throws(RequestError) {
        guard let name = try string("model", maximumByteCount: limits.maximumNameByteCount),
            !name.hasSameBytes(as: served)
        else { return }
        throw RequestError(
            .modelNotFound,
            field: field("model"),
            "the model \(quoted(name)) is not served here, \(quoted(served)) is"
        )
    }

    /// Takes the `cache_salt` field.
    mutating func cacheSalt() throws(RequestError) -> String? {
        try string("cache_salt", maximumByteCount: CacheScope.maximumSaltByteCount)
    }
}
