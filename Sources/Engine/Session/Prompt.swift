internal import MMInterleaved
internal import Tokenization

/// A request's input, checked and decoded: what the engine thread starts from.
struct Prompt: Sendable {
    /// Token ids; every picture is its begin-of-image token followed by its image tokens.
    let tokens: [Int]
    /// The pictures, already of the model's input size.
    let pictures: [PreparedPicture]

    /// Bytes of text that may stand for one token; more text than this times the positions cannot fit.
    static let maximumByteCountPerToken = 256

    /// Combines ids with the pictures among them.
    init(tokens: [Int], pictures: [PreparedPicture]) {
        self.tokens = tokens
        self.pictures = pictures
    }

    /// Ids of an input whose pictures are decoded.
    ///
    /// - Throws: ``EngineError`` of kind `contextLengthExceeded` if no position is left after them.
    init(
        _ segments: [InterleavedPrompt.Segment],
        _ pictures: [PreparedPicture],
        _ configuration: ModelConfiguration,
        _ tokenizer: Tokenizer
    ) throws(EngineError) {
        self.pictures = pictures
        do {
            tokens = try InterleavedPrompt(segments: segments).tokenIdentifiers(
                using: tokenizer,
                imageTokenCount: configuration.imageTokenCount
            )
        } catch {
            throw EngineError(.invalidRequest, field: .input, error.description)
        }
        // One position must be left, or nothing could follow.
        let maximum = configuration.language.maximumPositionCount - 1
        guard tokens.count <= maximum else {
            throw EngineError(
                .contextLengthExceeded,
                field: .input,
                "\(tokens.count) positions, at most \(maximum) fit"
            )
        }
    }

    /// What can be told without decoding or tokenizing anything.
    static func check(
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
                field: .input,
                "\(imageCount) images, at most \(maximumImages) fit a sequence"
            )
        }
        guard imageCount * (configuration.imageTokenCount + 1) < positions else {
            throw EngineError(
                .contextLengthExceeded,
                field: .input,
                "\(imageCount) images of \(configuration.imageTokenCount + 1) positions, "
                    + "\(positions) positions fit"
            )
        }
        guard byteCount <= positions * maximumByteCountPerToken else {
            throw EngineError(
                .contextLengthExceeded,
                field: .input,
                "\(byteCount) bytes of text cannot fit \(positions) positions"
            )
        }
    }
}

extension Prompt {
    /// What stands before the last picture, and the ids after its place; nil without a picture.
    func cutAtLastPicture(_ configuration: ModelConfiguration) -> (before: Prompt, after: [Int])? {
        guard !pictures.isEmpty,
            let place = tokens.lastIndex(of: configuration.vocabulary.beginOfImage)
        else { return nil }
        return (
            Prompt(tokens: Array(tokens[..<place]), pictures: Array(pictures.dropLast())),
            Array(tokens[(place + 1)...].dropFirst(configuration.imageTokenCount))
        )
    }

    /// The prompt as content of a sequence, with what its pictures were encoded to.
    func elements(
        _ images: [EncodedImage],
        _ configuration: ModelConfiguration
    ) -> [SequenceContent] {
        let vocabulary = configuration.vocabulary
        var previous: Int?
        var content: [SequenceContent] = []
        content.reserveCapacity(tokens.count)
        var remaining = Array(zip(images, pictures))[...]
        var index = 0
        while index < tokens.count {
            // A model may write the image token among its words: only one that was opened is a picture.
            if previous == vocabulary.beginOfImage, tokens[index] == vocabulary.image,
                let (image, picture) = remaining.popFirst()
            {
                content.append(.image(image, picture.digest))
                index += configuration.imageTokenCount
            } else {
                content.append(.token(tokens[index]))
                index += 1
            }
            previous = tokens[index - 1]
        }
        return content
    }
}
