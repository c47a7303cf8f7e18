/// The token ids that have a meaning of their own.
package struct VocabularyConfiguration: Codable, Hashable, Sendable {
    /// Ids of the language model before the two image tokens were added; `V` in the documentation.
    package var originalSize: Int
    /// Begin of sequence, `<s>`.
    package var beginOfSequence: Int
    /// End of sequence, `</s>`.
    package var endOfSequence: Int
    /// Padding, an ordinary piece that is never generated.
    package var padding: Int
    /// Begin of an image, `<|beginofimage|>`.
    package var beginOfImage: Int
    /// One image embedding, `<|image|>`.
    package var image: Int

    private enum CodingKeys: String, CodingKey {
        case originalSize = "orig_vocab_size"
        case beginOfSequence = "bos_token_id"
        case endOfSequence = "eos_token_id"
        case padding = "pad_token_id"
        case beginOfImage = "soi_token_id"
        case image = "image_token_id"
    }

    /// The reference's ids for a language model of `originalSize` pieces.
    package init(originalSize: Int) {
        self.originalSize = originalSize
        beginOfSequence = 1
        endOfSequence = 2
        padding = originalSize - 1
        beginOfImage = originalSize
        image = originalSize + 1
    }

    /// All ids, the two image tokens included.
    package var size: Int { originalSize + 2 }

    /// Checks that the ids exist and differ.
    func validate(_ field: String) throws(ModelConfigurationError) {
        try ModelConfigurationError.check(
            "\(field).orig_vocab_size",
            originalSize,
            in: 8...4_194_304
        )
        let ids = [beginOfSequence, endOfSequence, padding, beginOfImage, image]
        guard Set(ids).count == ids.count, ids.allSatisfy({ (0..<size).contains($0) }) else {
            throw ModelConfigurationError(
                field: field,
                detail: "special token ids \(ids) repeat or exceed \(size - 1)"
            )
        }
        // The text head adds its second part to exactly these two.
        guard beginOfImage == originalSize, image == originalSize + 1 else {
            throw ModelConfigurationError(
                field: "\(field).soi_token_id",
                detail: "\(beginOfImage) and \(image) are not \(originalSize), \(originalSize + 1)"
            )
        }
    }
}
