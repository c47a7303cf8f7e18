/// A sequence of text and pictures, and the token ids that stand for it.
///
/// Every picture becomes `<|beginofimage|>` and a fixed number of `<|image|>`; white space next to them is dropped.
/// Neighbouring texts are joined as they are.
package struct InterleavedPrompt: Sendable, Equatable {
    /// One part of a prompt.
    package enum Segment: Sendable, Equatable {
        case text(String)
        /// A picture that is given.
        case image
        /// A picture to be drawn next: `<|beginofimage|>` alone.
        case imageToDraw
    }

    /// The parts in order.
    package let segments: [Segment]

    package init(segments: [Segment]) {
        self.segments = segments
    }

    /// Builds a prompt from sentences and the places of pictures among them.
    ///
    /// Picture `i` goes to the sentence `sentenceIndexes[i]`, before it where `isImageFirst[i]`, else after it; sentences
    /// are joined with a space.
    ///
    /// - Throws: ``TokenizationError`` of kind `invalidPrompt` if an index has no sentence or the lists differ in length.
    /// - Source: MM-Interleaved, `inference.py` (`load_annt_data`).
    package init(
        sentences: [String],
        sentenceIndexes: [Int],
        isImageFirst: [Bool]
    ) throws(TokenizationError) {
        guard sentenceIndexes.count == isImageFirst.count else {
            throw TokenizationError(
                .invalidPrompt,
                "\(sentenceIndexes.count) sentence indexes for \(isImageFirst.count) pictures"
            )
        }
        var groups = sentences.map { [Segment.text($0)] }
        for (index, isFirst) in zip(sentenceIndexes, isImageFirst) {
            guard groups.indices.contains(index) else {
                throw TokenizationError(
                    .invalidPrompt,
                    "a picture at sentence \(index) of \(sentences.count)"
                )
            }
            groups[index].insert(.image, at: isFirst ? 0 : groups[index].count)
        }
        self.segments = Array(groups.joined(separator: [.text(" ")]))
    }

    /// Number of pictures that are given.
    package var imageCount: Int { segments.count { $0 == .image } }

    /// The ids of the prompt, `<s>` first.
    ///
    /// - Parameters:
    ///   - tokenizer: The model's.
    ///   - imageTokenCount: How many `<|image|>` a picture has.
    ///   - parsesSpecialTokens: Whether special tokens spelled out in a text mean the tokens. False for text from outside,
    ///     which could otherwise claim pictures that are not there.
    /// - Returns: The ids of all segments in order.
    /// - Throws: ``TokenizationError`` of kind `failed`.
    package func tokenIdentifiers(
        using tokenizer: Tokenizer,
        imageTokenCount: Int,
        parsesSpecialTokens: Bool = false
    ) throws(TokenizationError) -> [Int] {
        let special = tokenizer.specialTokens
        var identifiers = [special.beginning]
        var text = ""
        var followsImage = false
        func flush(beforeImage: Bool) throws(TokenizationError) {
            let stripped = WhiteSpace.stripped(text, atStart: followsImage, atEnd: beforeImage)
            identifiers += try tokenizer.encode(stripped, parsesSpecialTokens: parsesSpecialTokens)
            text = ""
            followsImage = beforeImage
        }
        for segment in segments {
            switch segment {
            case .text(let more): text += more
            case .image, .imageToDraw:
                try flush(beforeImage: true)
                identifiers.append(special.imageStart)
                if segment == .image {
                    identifiers += Array(repeating: special.image, count: imageTokenCount)
                }
            }
        }
        try flush(beforeImage: false)
        return identifiers
    }
}
