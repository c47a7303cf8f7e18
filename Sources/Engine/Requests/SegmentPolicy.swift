/// What segments of an interleaved answer follow one another, and from which seeds.
package enum SegmentPolicy: Hashable, Sendable {
    /// The model opens pictures; a text without one is the last segment, and one without a word is none.
    ///
    /// Where there is no room for more the answer ends. Pictures of one context have derived seeds.
    case modelOpens
    /// The rounds of the reference's inference script.
    ///
    /// Texts without words count, beams of a search open no pictures, pictures of one context count seeds
    /// on, and too many rounds are an error.
    case rounds(Rounds)

    /// How the reference's rounds follow one another.
    package struct Rounds: Hashable, Sendable {
        /// Whether every text is followed by a picture, even where the model does not open one
        /// (`force_gen_image_next`).
        package var opensPictureAfterText = false
        /// Whether a text that the model ended is the last round (`auto_end`).
        package var endsWhenStopped = false
        /// Whether the first round draws the input's last picture anew, from what stands before it.
        package var redrawsLastPicture = false

        /// No picture that the model does not open, and no early end.
        package init() {}
    }

    /// Whether a text without a token is a segment.
    var keepsEmptyTexts: Bool { if case .rounds = self { true } else { false } }

    /// Whether segments for which there is no room are an error, and not the answer's end.
    var requiresRoom: Bool { keepsEmptyTexts }

    /// Whether the input's last picture is drawn first.
    var redrawsLastPicture: Bool {
        if case .rounds(let rounds) = self { rounds.redrawsLastPicture } else { false }
    }

    /// Whether a picture follows a text.
    func opensPicture(after text: TextResult, isSearched: Bool) -> Bool {
        switch self {
        case .modelOpens: text.finishReason == .image
        case .rounds(let rounds):
            rounds.opensPictureAfterText || (text.finishReason == .image && !isSearched)
        }
    }

    /// Whether nothing follows a text.
    func isLast(_ text: TextResult, isSearched: Bool) -> Bool {
        switch self {
        case .modelOpens: text.finishReason != .image
        case .rounds(let rounds):
            rounds.endsWhenStopped
                && (text.finishReason == .stop || (text.finishReason == .image && isSearched))
        }
    }

    /// Seed of one of the pictures of a context.
    func pictureSeed(from seed: UInt64, index: Int) -> UInt64 {
        switch self {
        case .modelOpens: ChoiceSeed.derived(from: seed, index: index)
        case .rounds: seed &+ UInt64(index)
        }
    }
}
