package import MMInterleaved

/// The token ids of an annotation's prompt, to which every text round is added.
///
/// Source: MM-Interleaved's `inference.py` (`update_texts`).
package struct AnnotationSequence: Hashable, Sendable {
    /// What follows from a text.
    package struct Outcome: Hashable, Sendable {
        /// Whether a place for a picture was added, which is to be drawn next.
        package let opensPicture: Bool
        /// Whether the text ended with the end of the sequence.
        package let isStopped: Bool
    }

    /// Ids, begin-of-sequence first; a picture is its begin-of-image token and its image tokens.
    package private(set) var tokens: [Int]
    /// Places for pictures.
    package private(set) var imageCount: Int

    private let vocabulary: VocabularyConfiguration
    private let imageTokenCount: Int

    /// Starts with a prompt.
    package init(tokens: [Int], vocabulary: VocabularyConfiguration, imageTokenCount: Int) {
        self.tokens = tokens
        self.vocabulary = vocabulary
        self.imageTokenCount = imageTokenCount
        imageCount = tokens.count { $0 == vocabulary.beginOfImage }
    }

    /// Adds a text, and a place for a picture if the text opens one or `opensPicture` demands it.
    ///
    /// A text without any word (the model ended at once) adds nothing; the reference fails there.
    ///
    /// - Parameters:
    ///   - generated: The begin-of-sequence token, words, and the token that ended them if any.
    ///   - opensPicture: Whether a picture follows in any case.
    /// - Returns: What comes next.
    package mutating func append(generated: [Int], opensPicture: Bool) -> Outcome {
        var words = Array(generated.dropFirst())
        let isStopped = words.last == vocabulary.endOfSequence
        if isStopped { words.removeLast() }
        if opensPicture && words.last != vocabulary.beginOfImage {
            words.append(vocabulary.beginOfImage)
        }
        let opens = words.last == vocabulary.beginOfImage
        if opens {
            words += Array(repeating: vocabulary.image, count: imageTokenCount)
            imageCount += 1
        }
        tokens += words
        return Outcome(opensPicture: opens, isStopped: isStopped)
    }
}
