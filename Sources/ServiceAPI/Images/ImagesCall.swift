internal import Engine
internal import JSON
package import MMInterleaved

/// A decoded `POST /v1/images/generations` or `/v1/images/edits`.
///
/// Source: OpenAI API, Images; docs/OPENAI.md tells what of it there is.
package struct ImagesCall: Sendable {
    /// What becomes of the pictures that are given.
    package enum Kind: String, Sendable {
        /// There are none: a picture of words.
        case generation = "image_generation"
        /// Pictures are drawn anew.
        case edit = "image_edit"
    }

    /// Which of the two it is.
    package let kind: Kind
    /// What to compute, and how pictures are encoded.
    package internal(set) var call: InterleaveCall
    /// Whether to answer event by event.
    package private(set) var isStreaming = false
    /// Most previews of a picture.
    package private(set) var previewCount = 0
    /// What the document calls its fields.
    let names: FieldNames

    /// Decodes a document or a form strictly; what it leaves out comes from the model's configuration.
    ///
    /// - Parameters:
    ///   - kind: Which of the two it is.
    ///   - body: The document or form.
    ///   - formType: The value of a form's Content-Type field; nil for a document.
    ///   - configuration: The model's.
    ///   - limits: Bounds of the request.
    ///   - arrived: When the request arrived, from which its time counts.
    /// - Throws: ``RequestError`` that names the field.
    package init(
        _ kind: Kind,
        decoding body: [UInt8],
        formType: String? = nil,
        configuration: ModelConfiguration,
        limits: Limits,
        arrived: ContinuousClock.Instant = .now
    ) throws(RequestError) {
        let form: ImagesForm? =
            if let formType { try ImagesForm(body, contentType: formType, limits) } else { nil }
        self.kind = kind
        var reader = try ObjectReader(
            document: form?.document ?? body,
            limits,
            pictureKeys: ["image", "image_url"],
            isForm: form != nil
        )
        try reader.checkModel(configuration.name, limits)
        let deadline = try reader.deadline(limits, after: arrived)
        try reader.refusePictureFields(kind, configuration)
        let prompt = try reader.require("prompt")
            .string("prompt", maximumByteCount: limits.maximumTextByteCount)
        var pictures = form?.pictures ?? []
        if kind == .edit {
            if form == nil { pictures = try reader.pictures(limits, deadline) }
            guard !pictures.isEmpty else {
                throw RequestError(.missing, field: "image", "image is missing")
            }
        }
        call = InterleaveCall(configuration: configuration, limits: limits)
        call.use(deadline)
        let template = try reader.template(pictures.count, configuration.templates, limits)
        var inputs = PromptTemplate.Inputs()
        inputs.texts = [prompt]
        inputs.pictures = pictures.map(\.file)
        call.template = template?.name
        call.request.input =
            template?.prompt(inputs) ?? inputs.pictures.map { .image($0) } + [.text(prompt)]
        call.request.mode = .image
        let places = call.request.input.picturePlaces
        names = FieldNames(
            input: "prompt",
            tokenCount: "prompt",
            pictures: Dictionary(uniqueKeysWithValues: zip(places, pictures.map(\.field)))
        )
        call.request.picture.count =
            try reader.integer("n", in: 1...limits.maximumPictureCount) ?? 1
        try call.decodeShared(&reader, configuration, limits)
        isStreaming = try reader.bool("stream") ?? false
        try decodePreviews(&reader)
        try reader.finish()
    }

    /// Takes the number of previews, which a stream alone has.
    private mutating func decodePreviews(_ reader: inout ObjectReader) throws(RequestError) {
        previewCount = try reader.integer("partial_images", in: 0...3) ?? 0
        guard previewCount > 0 else { return }
        guard isStreaming else {
            throw .invalid("partial_images", "has a meaning only in a stream: set stream to true")
        }
        call.request.picture.previews = .count(previewCount)
    }
}

extension ImagesCall: OpenAICall {
    static var prefix: String { "images-" }
}

extension ObjectReader {
    /// The template that is asked for, or the first that takes a text and so many pictures and answers a picture.
    fileprivate mutating func template(
        _ pictureCount: Int,
        _ templates: [PromptTemplate],
        _ limits: Limits
    ) throws(RequestError) -> PromptTemplate? {
        guard let name = try string("template", maximumByteCount: limits.maximumNameByteCount)
        else {
            return templates.first {
                $0.answer.mode == .image && $0.takes(textCount: 1, pictureCount: pictureCount)
            }
        }
        guard !name.hasSameBytes(as: PromptTemplate.none) else { return nil }
        let template = try templates.named(name, "template")
        try template.requireInputs(textCount: 1, pictureCount: pictureCount, "prompt")
        guard template.answer.mode == .image else {
            throw .invalid("template", "must be one that answers a picture")
        }
        return template
    }

    /// The pictures of a document: `image` with one or several, or `images` as OpenAI's documents have them.
    fileprivate mutating func pictures(
        _ limits: Limits,
        _ deadline: RequestDeadline
    ) throws(RequestError) -> [(file: [UInt8], field: String)] {
        let (image, images) = (take("image"), take("images"))
        guard image == nil || images == nil else {
            throw .invalid(
                "images",
                "has no meaning beside image: give all pictures in one of them"
            )
        }
        var pictures: [(file: [UInt8], field: String)] = []
        if let image {
            guard case .array = image else {
                return [(try InputDecoding.picture(image, "image"), "image")]
            }
            let nodes = try image.elements("image", in: 1...limits.maximumInputPartCount)
            for (index, node) in nodes.enumerated() {
                try deadline.check()
                let field = "image[\(index)]"
                pictures.append((try InputDecoding.picture(node, field), field))
            }
        }
        if let images {
            let nodes = try images.elements("images", in: 1...limits.maximumInputPartCount)
            for (index, node) in nodes.enumerated() {
                try deadline.check()
                pictures.append(try Self.picture(node, "images[\(index)]"))
            }
        }
        return pictures
    }

    /// A picture as OpenAI's documents have it.
    private static func picture(
        _ node: JSONNode,
        _ path: String
    ) throws(RequestError) -> (file: [UInt8], field: String) {
        var image = try ObjectReader(node, path: path)
        try image.refuse("file_id", "cannot be had: no file is kept here")
        let field = "\(path).image_url"
        let file = try InputDecoding.picture(image.require("image_url"), field)
        try image.finish()
        return (file, field)
    }

    /// Refuses fields of the dialect that the model cannot do, and takes those without effect.
    fileprivate mutating func refusePictureFields(
        _ kind: ImagesCall.Kind,
        _ configuration: ModelConfiguration
    ) throws(RequestError) {
        let side = configuration.imageDecoder.pictureSide
        try accept(
            "size",
            only: ["auto", "\(side)x\(side)"],
            "the model draws pictures of this size"
        )
        try accept(
            "response_format",
            only: ["b64_json"],
            "no file is kept that an address could lead to"
        )
        try accept("quality", only: ["auto"], "use steps and guidance_scale")
        try accept("background", only: ["auto", "opaque"], "pictures have no transparency")
        try accept("moderation", only: ["auto", "low"], "nothing is moderated")
        if let compression = try integer("output_compression", in: 0...100), compression != 100 {
            throw RequestError(
                .unsupported,
                field: "output_compression",
                "output_compression may be 100 alone, not \(compression): the encoders have one quality"
            )
        }
        try refuse("style", "is not available: say it in the prompt")
        if kind == .edit {
            try refuse("mask", "is not available: say in the prompt what changes")
            try accept("input_fidelity", only: ["low", "high"], "it has no effect here")
        }
    }
}
