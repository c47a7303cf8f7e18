/// The ids with a meaning of their own.
///
/// With V pieces in the model: `padding` is V-1 (an ordinary piece made special), `imageStart` is V and `image` V+1.
package struct SpecialTokens: Sendable, Equatable {
    /// `<s>`, which opens every sequence.
    package let beginning: Int
    /// `</s>`, which ends a text.
    package let end: Int
    /// `<unk>`.
    package let unknown: Int
    /// Fills up batches; also an ordinary piece of text.
    package let padding: Int
    /// `<|beginofimage|>`, which opens a picture.
    package let imageStart: Int
    /// `<|image|>`, one per visual token of a picture.
    package let image: Int

    /// Whether decoding may leave the id out.
    package func contains(_ identifier: Int) -> Bool {
        identifier == beginning || identifier == end || identifier == unknown
            || identifier == padding || identifier == imageStart || identifier == image
    }

    /// Text of the token that opens a picture.
    package static let imageStartText = "<|beginofimage|>"
    /// Text of a visual token.
    package static let imageText = "<|image|>"
}
