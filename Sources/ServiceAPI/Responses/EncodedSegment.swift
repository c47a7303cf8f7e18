package import Engine
package import Images
package import JSON
internal import MMInterleaved

/// A picture of an answer as a file.
package struct EncodedPicture: Hashable, Sendable {
    /// The file.
    package let bytes: [UInt8]
    /// Its format.
    package let format: ImageFormat
    /// Columns.
    package let width: Int
    /// Rows.
    package let height: Int
    /// Seed of its noise.
    package let seed: UInt64
    /// SHA-256 of the file in hexadecimal.
    package let digest: String
}

/// A segment in the form in which it leaves the program.
package enum EncodedSegment: Sendable {
    case text(TextSegment)
    case images(index: Int, [EncodedPicture])
}

/// Turns segments into files and documents.
///
/// A function of the request and the pixels alone: the same request and seed give the same bytes, at
/// whatever time and by whichever way it came.
package struct SegmentEncoder: Sendable {
    private let model: String
    private let parameters: InterleaveCall
    private let piece: @Sendable (Int) -> String?

    /// Prepares for one request.
    ///
    /// - `model`: Name that pictures bear.
    /// - `piece`: Text of a token id.
    package init(
        _ call: InterleaveCall,
        model: String,
        piece: @escaping @Sendable (Int) -> String?
    ) {
        self.model = model
        var call = call
        // What was given is large and plays no part any more.
        call.request.input = []
        parameters = call
        self.piece = piece
    }

    /// Encodes a segment.
    ///
    /// Cost: the compression of its pictures, milliseconds each; not for the engine's thread.
    ///
    /// - Throws: ``ImageError``.
    package func encode(_ segment: Segment) throws(ImageError) -> EncodedSegment {
        switch segment {
        case .text(let text): return .text(text)
        case .image(let segment):
            var pictures: [EncodedPicture] = []
            for picture in segment.pictures {
                let texts = [
                    PNGText(keyword: "Software", text: "interleaved"),
                    PNGText(keyword: "parameters", text: description(picture, segment.index)),
                ]
                let bytes = try file(picture.image, texts)
                pictures.append(
                    EncodedPicture(
                        bytes: bytes,
                        format: parameters.imageFormat,
                        width: picture.image.width,
                        height: picture.image.height,
                        seed: picture.seed,
                        digest: SHA256.hexadecimal(of: bytes)
                    )
                )
            }
            return .images(index: segment.index, pictures)
        }
    }

    /// A picture that is not finished yet, in the format of the finished ones.
    func preview(_ image: RGBImage) throws(ImageError) -> JSON {
        .dataURL(mediaType: parameters.imageFormat.mediaType, try file(image, []))
    }

    private func file(_ image: RGBImage, _ texts: [PNGText]) throws(ImageError) -> [UInt8] {
        switch parameters.imageFormat {
        case .png: try ImageEncoder.encodePNG(image, texts: texts)
        case .jpeg: try ImageEncoder.encodeJPEG(image)
        case .webp: try ImageEncoder.encodeWebP(image)
        }
    }

    /// What a PNG says about its making; nothing in it may differ between two equal requests.
    private func description(_ picture: Picture, _ index: Int) -> String {
        let drawing = parameters.request.picture
        let text: JSON = [
            "model": .string(model), "mode": .string(parameters.request.mode.rawValue),
            "segment": .integer(index), "request_seed": .unsigned(parameters.request.seed),
            "seed": .unsigned(picture.seed), "steps": .integer(drawing.stepCount),
            "guidance_scale": .float(drawing.guidanceScale),
            "scheduler": .string(drawing.method.rawValue),
        ]
        return String(decoding: text.encoded, as: UTF8.self)
    }

    // MARK: - Documents

    /// A segment as the answer's document has it.
    ///
    /// - `picture`: What stands for a picture's file; nil for a data URL.
    package func json(
        _ segment: EncodedSegment,
        picture: ((EncodedPicture) -> (name: String, value: JSON))? = nil
    ) -> JSON {
        switch segment {
        case .text(let segment):
            let head: [(name: String, value: JSON)] = [
                ("index", .integer(segment.index)), ("type", "text"),
            ]
            let choices = segment.choices.map(members)
            guard parameters.request.text.sequenceCount == 1, let only = choices.first else {
                return .object(head + [("texts", .array(choices.map { .object($0) }))])
            }
            return .object(head + only)
        case .images(let index, let pictures):
            let head: [(name: String, value: JSON)] = [
                ("index", .integer(index)), ("type", "image"),
            ]
            let files = pictures.map { file -> [(name: String, value: JSON)] in
                let content =
                    picture?(file)
                    ?? ("image", .dataURL(mediaType: file.format.mediaType, file.bytes))
                return [
                    content, ("media_type", .string(file.format.mediaType)),
                    ("width", .integer(file.width)), ("height", .integer(file.height)),
                    ("sha256", .string(file.digest)), ("seed", .unsigned(file.seed)),
                ]
            }
            guard parameters.request.picture.count == 1, let only = files.first else {
                return .object(head + [("images", .array(files.map { .object($0) }))])
            }
            return .object(head + only)
        }
    }

    private func members(_ choice: TextSegment.Choice) -> [(name: String, value: JSON)] {
        var members: [(name: String, value: JSON)] = [
            ("text", .string(choice.text)),
            ("finish_reason", .string(choice.finishReason.rawValue)),
        ]
        if let logProbabilities = choice.logProbabilities {
            let tokens = logProbabilities.map { token in
                JSON.object(
                    describe(token.token, token.logProbability) + [
                        (
                            "top_logprobs",
                            .array(
                                token.alternatives.map {
                                    .object(describe($0.token, $0.logProbability))
                                }
                            )
                        )
                    ]
                )
            }
            members.append(("logprobs", .array(tokens)))
        }
        return members
    }

    private func describe(_ token: Int, _ value: Float) -> [(name: String, value: JSON)] {
        [
            ("token", .string(piece(token) ?? "")), ("id", .integer(token)),
            ("logprob", .float(value)),
        ]
    }
}
