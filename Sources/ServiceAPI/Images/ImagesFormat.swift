internal import Engine
internal import HTTPServer
internal import HTTPWire
internal import Images
internal import JSON
internal import MMInterleaved

/// The answer of `POST /v1/images/generations` and `/v1/images/edits`: a document of pictures, or events.
///
/// Source: OpenAI API, The image generation response; Image generation streaming.
struct ImagesFormat: AnswerFormat {
    // Whoever takes that line for success should not see it behind an error.
    static let endsFailures = false

    private let kind: ImagesCall.Kind
    private let encoder: SegmentEncoder
    private let outputFormat: String
    private let size: String
    private let tokensPerPicture: Int
    private let previewCount: Int
    private let created = Service.secondsSince1970()
    private var pictures: [EncodedPicture] = []
    /// Previews that were sent, by picture.
    private var sentPreviews: [Int: Int] = [:]

    /// The format of one answer.
    ///
    /// - Parameters:
    ///   - images: The request, whose input plays no part any more.
    ///   - engine: Who answers.
    init(_ images: ImagesCall, _ engine: Engine) {
        let model = engine.modelConfiguration
        kind = images.kind
        encoder = SegmentEncoder(images.call, model: model.name, tokenizer: engine.tokenizer)
        outputFormat = images.call.imageFormat.rawValue
        let side = model.imageDecoder.pictureSide
        size = "\(side)x\(side)"
        tokensPerPicture = model.imageTokenCount + 1
        previewCount = images.previewCount
    }

    mutating func keep(_ segment: Segment) throws {
        guard case .images(_, let encoded) = try encoder.encode(segment) else { return }
        pictures += encoded
    }

    // MARK: - As one document

    func response(_ completion: Completion) -> Response {
        let data = pictures.map { picture -> JSON in
            ["b64_json": .base64(picture.bytes[...]), "seed": .unsigned(picture.seed)]
        }
        let document: JSON = [
            "created": .integer(created), "data": .array(data), "background": "opaque",
            "output_format": .string(outputFormat), "size": .string(size),
            "usage": usage(completion.usage),
        ]
        var response = Response(document)
        response.head.fields["server-timing"] = completion.timings.serverTiming
        return response
    }

    // MARK: - As a stream

    mutating func begin(_ send: Sending) {}

    mutating func tell(_ event: EngineEvent, _ send: Sending) throws {
        switch event {
        case .imagePartial(_, let picture, _, let image):
            let index = sentPreviews[picture, default: 0]
            guard index < previewCount else { return }
            sentPreviews[picture] = index + 1
            let file = try encoder.file(image)
            let members: KeyValuePairs<String, JSON> = [
                "index": .integer(picture), "partial_image_index": .integer(index),
            ]
            send(self.event("partial_image", file, members))
        case .segmentDone(let segment): try keep(segment)
        // Steps and words have no name in this dialect.
        case .started, .segmentStarted, .textDelta, .imageProgress, .completed, .failed: break
        }
    }

    mutating func complete(_ completion: Completion, _ send: Sending) {
        for (index, picture) in pictures.enumerated() {
            // All of it comes with the last picture, so that whoever adds up counts nothing twice.
            let isLast = index == pictures.count - 1
            let members: KeyValuePairs<String, JSON> = [
                "index": .integer(index), "usage": usage(isLast ? completion.usage : Usage()),
                "seed": .unsigned(picture.seed),
            ]
            send(event("completed", picture.bytes, members))
        }
    }

    mutating func fail(_ error: ErrorResponse, _ send: Sending) {
        send(DocumentEvent("error", ["type": "error", "error": error.json]))
    }

    private func event(
        _ name: String,
        _ file: [UInt8],
        _ members: KeyValuePairs<String, JSON>
    ) -> DocumentEvent {
        let name = "\(kind.rawValue).\(name)"
        let head: KeyValuePairs<String, JSON> = [
            "type": .string(name), "b64_json": .base64(file[...]), "created_at": .integer(created),
            "size": .string(size), "quality": "auto", "background": "opaque",
            "output_format": .string(outputFormat),
        ]
        return DocumentEvent(
            name,
            .object((Array(head) + Array(members)).map { ($0.key, $0.value) })
        )
    }

    private func usage(_ usage: Usage) -> JSON {
        let imageTokenCount = usage.inputImageCount * tokensPerPicture
        return [
            "input_tokens": .integer(usage.promptTokenCount),
            "input_tokens_details": [
                "text_tokens": .integer(usage.promptTokenCount - imageTokenCount),
                "image_tokens": .integer(imageTokenCount),
            ],
            // Drawing a picture generates no token.
            "output_tokens": .integer(usage.completionTokenCount),
            "total_tokens": .integer(usage.promptTokenCount + usage.completionTokenCount),
        ]
    }
}
