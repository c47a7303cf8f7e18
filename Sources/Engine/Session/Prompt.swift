internal import Images
internal import MMInterleaved
internal import Tokenization

/// A request's input, checked and decoded: what the engine thread starts from.
struct Prompt: Sendable {
    /// Token ids; every picture is its begin-of-image token followed by its image tokens.
    let tokens: [Int]
    /// The pictures, already of the model's input size.
    let pictures: [PreparedPicture]

    /// Bytes of text that may stand for one token; more text than this times the positions cannot fit.
    private static let maximumByteCountPerToken = 256

    /// Combines ids with the pictures among them.
    init(tokens: [Int], pictures: [PreparedPicture]) {
        self.tokens = tokens
        self.pictures = pictures
    }

    /// Decodes and tokenizes.
    ///
    /// Runs off the engine's thread: a large picture takes longer to decode than a token to compute.
    ///
    /// - Throws: ``EngineError`` that names the part of the input.
    init(
        _ input: [InputPart],
        _ configuration: ModelConfiguration,
        _ tokenizer: Tokenizer,
        limits: ImageLimits
    ) throws(EngineError) {
        try Self.check(input, configuration)
        let resolution = configuration.vision.imageSize
        var segments: [InterleavedPrompt.Segment] = []
        var pictures: [PreparedPicture] = []
        for (index, part) in input.enumerated() {
            switch part {
            case .text(let text):
                segments.append(.text(text))
            case .image(let bytes):
                do {
                    pictures.append(
                        PreparedPicture(
                            try Images.ImageDecoder.decode(bytes, limits: limits),
                            resolution: resolution
                        )
                    )
                } catch {
                    throw EngineError(
                        .unreadableImage,
                        field: "input[\(index)].image",
                        error.description
                    )
                }
                segments.append(.image)
            }
        }
        self.pictures = pictures
        do {
            tokens = try InterleavedPrompt(segments: segments).tokenIdentifiers(
                using: tokenizer,
                imageTokenCount: configuration.imageTokenCount
            )
        } catch {
            throw EngineError(.invalidRequest, field: "input", error.description)
        }
        // One position must be left, or nothing could follow.
        let maximum = configuration.language.maximumPositionCount - 1
        guard tokens.count <= maximum else {
            throw EngineError(
                .contextLengthExceeded,
                field: "input",
                "\(tokens.count) positions, at most \(maximum) fit"
            )
        }
    }

    /// What can be told without decoding or tokenizing anything.
    private static func check(
        _ input: [InputPart],
        _ configuration: ModelConfiguration
    ) throws(EngineError) {
        let positions = configuration.language.maximumPositionCount
        var (byteCount, imageCount) = (0, 0)
        for part in input {
            switch part {
            case .text(let text): byteCount += text.utf8.count
            case .image: imageCount += 1
            }
        }
        let maximumImages = configuration.language.maximumImageCount - 1
        guard imageCount <= maximumImages else {
            throw EngineError(
                .contextLengthExceeded,
                field: "input",
                "\(imageCount) images, at most \(maximumImages) fit a sequence"
            )
        }
        guard imageCount * (configuration.imageTokenCount + 1) < positions else {
            throw EngineError(
                .contextLengthExceeded,
                field: "input",
                "\(imageCount) images of \(configuration.imageTokenCount + 1) positions, "
                    + "\(positions) positions fit"
            )
        }
        guard byteCount <= positions * maximumByteCountPerToken else {
            throw EngineError(
                .contextLengthExceeded,
                field: "input",
                "\(byteCount) bytes of text cannot fit \(positions) positions"
            )
        }
    }
}

extension Prompt {
    /// The prompt as content of a sequence, with what its pictures were encoded to.
    func elements(
        _ images: [EncodedImage],
        _ configuration: ModelConfiguration
    ) -> [SequenceContent] {
        var content: [SequenceContent] = []
        content.reserveCapacity(tokens.count)
        var remaining = Array(zip(images, pictures))[...]
        var index = 0
        while index < tokens.count {
            if tokens[index] == configuration.vocabulary.image,
                let (image, picture) = remaining.popFirst()
            {
                content.append(.image(image, picture.digest))
                index += configuration.imageTokenCount
            } else {
                content.append(.token(tokens[index]))
                index += 1
            }
        }
        return content
    }
}
