internal import Digests
package import Engine
package import Images
package import JSON
internal import MMInterleaved
package import Tokenization

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
    /// SHA-256 of the samples, red, green and blue of one pixel after the other, row by row, in hexadecimal.
    ///
    /// The same on every machine; the file's may change with the library that compressed it.
    package let pixelDigest: String
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
    private let tokenizer: Tokenizer

    /// Prepares for one request.
    ///
    /// - Parameters:
    ///   - call: The request.
    ///   - model: Name that pictures bear.
    ///   - tokenizer: The model's, which knows the texts of its tokens.
    package init(
        _ call: InterleaveCall,
        model: String,
        tokenizer: Tokenizer
    ) {
        self.model = model
        var call = call
        // What was given is large and plays no part any more.
        call.request.input = []
        parameters = call
        self.tokenizer = tokenizer
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
                var texts = [PNGText(keyword: "Software", text: "interleaved")]
                if parameters.writesMetadata {
                    let parameters = description(picture, segment.index)
                    texts.append(PNGText(keyword: "parameters", text: parameters))
                }
                let bytes = try file(picture.image, texts)
                pictures.append(
                    EncodedPicture(
                        bytes: bytes,
                        format: parameters.imageFormat,
                        width: picture.image.width,
                        height: picture.image.height,
                        seed: picture.seed,
                        digest: SHA256.hexadecimal(of: bytes),
                        pixelDigest: SHA256.hexadecimal(of: picture.image.pixels)
                    )
                )
            }
            return .images(index: segment.index, pictures)
        }
    }

    /// A picture that is not finished yet: small, and compressed with losses.
    func preview(_ image: RGBImage) throws(ImageError) -> JSON {
        var image = image
        let side = max(image.width, image.height)
        if side > Self.maximumPreviewSide {
            let scale = Double(Self.maximumPreviewSide) / Double(side)
            image = image.resized(
                width: max(1, Int(Double(image.width) * scale)),
                height: max(1, Int(Double(image.height) * scale)),
                filter: .box
            )
        }
        return parameters.imageFormat == .webp
            ? .dataURL(
                mediaType: ImageFormat.webp.mediaType,
                try ImageFileEncoder.encodeWebP(image)
            )
            : .dataURL(
                mediaType: ImageFormat.jpeg.mediaType,
                try ImageFileEncoder.encodeJPEG(image)
            )
    }

    /// Longest side of a preview.
    private static let maximumPreviewSide = 256

    /// A picture as a file of the format that is asked for.
    ///
    /// - Parameters:
    ///   - image: The picture.
    ///   - texts: What a PNG says about it.
    /// - Returns: The file.
    /// - Throws: ``ImageError``.
    func file(_ image: RGBImage, _ texts: [PNGText] = []) throws(ImageError) -> [UInt8] {
        switch parameters.imageFormat {
        case .png: try ImageFileEncoder.encodePNG(image, texts: texts)
        case .jpeg: try ImageFileEncoder.encodeJPEG(image)
        case .webp: try ImageFileEncoder.encodeWebP(image)
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
    /// - Parameters:
    ///   - segment: The segment.
    ///   - hasLogProbabilities: Whether words bring their log-probabilities; a stream has told them before.
    ///   - hasText: Whether words are there themselves.
    ///   - picture: What stands for a picture's file; nil for a data URL.
    /// - Returns: The document.
    package func json(
        _ segment: EncodedSegment,
        hasLogProbabilities: Bool = true,
        hasText: Bool = true,
        picture: ((EncodedPicture) -> (name: String, value: JSON))? = nil
    ) -> JSON {
        switch segment {
        case .text(let segment):
            let head: [(name: String, value: JSON)] = [
                ("index", .integer(segment.index)), ("type", "text"),
            ]
            let choices = segment.choices.map { choice in
                members(choice).filter { name, _ in
                    (hasLogProbabilities || name != "logprobs") && (hasText || name != "text")
                }
            }
            guard parameters.request.text.sequenceCount == 1, let only = choices.first else {
                let texts = zip(choices, segment.choices).map { members, choice in
                    JSON.object(members + (choice.seed.map { [("seed", .unsigned($0))] } ?? []))
                }
                return .object(head + [("texts", .array(texts))])
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
                    ("sha256", .string(file.digest)),
                    ("pixels_sha256", .string(file.pixelDigest)), ("seed", .unsigned(file.seed)),
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
        if let stop = stopText(of: choice) { members.append(("stop_reason", .string(stop))) }
        if let logProbabilities = choice.logProbabilities {
            members.append(("logprobs", .array(logProbabilities.map(json))))
        }
        return members
    }

    /// The stop text that ended a choice: what its tokens say after the text that was kept.
    private func stopText(of choice: TextSegment.Choice) -> String? {
        let stops = parameters.request.text.stop
        guard choice.finishReason == .stop, !stops.isEmpty else { return nil }
        // Tokens of our own vocabulary have a text.
        guard let whole = try? tokenizer.decode(choice.tokens) else { return nil }
        let rest = whole.utf8.dropFirst(choice.text.utf8.count)
        return stops.first { rest.starts(with: $0.utf8) }
    }

    /// A token and what might have stood in its place.
    func json(_ token: TokenLogProbability) -> JSON {
        let alternatives = token.alternatives.map { other in
            JSON.object(describe(other.token, other.logProbability))
        }
        let members = describe(token.token, token.logProbability)
        return .object(members + [("top_logprobs", .array(alternatives))])
    }

    private func describe(_ token: Int, _ value: Float) -> [(name: String, value: JSON)] {
        [
            ("token", .string(tokenizer.piece(of: token) ?? "")), ("id", .integer(token)),
            ("logprob", .float(value)),
        ]
    }
}
