package import Images
package import MMInterleaved

/// A prompt in the form of the reference's annotation files, and how to go on from it.
///
/// Source: MM-Interleaved's `inference.py` (`load_annt_data`).
package struct Annotation: Hashable, Sendable {
    /// What the first round generates.
    package enum Mode: Sendable, CaseIterable {
        /// Words that continue the prompt.
        case texts
        /// The prompt's last picture, anew: the file given for it only holds its place.
        case pictures
    }

    /// Texts, joined with a space.
    package var sentences: [String]
    /// Picture files (JPEG, PNG or WebP bytes) in the order in which they stand in the prompt.
    package var images: [[UInt8]]
    /// For every picture the index of its sentence.
    package var sentenceIndexes: [Int]
    /// For every picture whether it stands before its sentence instead of after it.
    package var isImageFirst: [Bool]
    /// What the first round generates.
    package var mode: Mode
    /// Most rounds, counting texts and pictures.
    package var roundCount: Int

    /// Groups the parts.
    package init(
        sentences: [String],
        images: [[UInt8]],
        sentenceIndexes: [Int],
        isImageFirst: [Bool],
        mode: Mode,
        roundCount: Int
    ) {
        self.sentences = sentences
        self.images = images
        self.sentenceIndexes = sentenceIndexes
        self.isImageFirst = isImageFirst
        self.mode = mode
        self.roundCount = roundCount
    }
}

/// How the rounds of an annotation are generated; the same for all annotations of a file.
package struct AnnotationSettings: Hashable, Sendable {
    /// How words are generated.
    ///
    /// Stop texts and several sequences have no place here and are left out.
    package var text = TextParameters()
    /// How pictures are drawn; the sequence goes on from the first of several.
    package var picture = PictureParameters()
    /// Seed of the sampled words and of every round's first picture: all rounds start from the same
    /// noise, as in the reference.
    package var seed: UInt64 = 42
    /// Whether every text is followed by a picture, even where the model does not open one
    /// (`force_gen_image_next`).
    package var opensPictureAfterText = false
    /// Whether a text that the model ended is the last round (`auto_end`).
    package var endsWhenStopped = false

    /// The defaults above.
    package init() {}
}

/// What one round of an annotation generated.
package struct AnnotationRound: Sendable {
    /// Words or pictures.
    package enum Output: Sendable {
        /// Words; `generated` are their ids as the reference's model returns them, with the
        /// begin-of-sequence token and, if the text ended, the token that ended it.
        case text(String, generated: [Int])
        /// Pictures of the same context, and the first one as the model reads it from now on.
        case pictures([Picture], modelInput: RGBImage)
    }

    /// Place among the rounds, from 0.
    package let index: Int
    /// What was generated.
    package let output: Output
    /// Token ids that the round continued.
    ///
    /// For a picture they reach past its place.
    package let promptTokens: [Int]
    /// Token ids that the next round continues.
    package let nextTokens: [Int]
    /// Whether a picture is next.
    package let opensPicture: Bool
    /// Whether the model ended the sequence.
    package let isStopped: Bool
}
