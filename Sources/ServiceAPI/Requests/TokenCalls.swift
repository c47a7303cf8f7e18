internal import JSON

/// A decoded `POST /v1/tokenize` document.
struct TokenizeCall: Sendable {
    /// What to cut into tokens.
    let text: String
    /// Whether `<s>` comes first.
    let addsBeginning: Bool
    /// Whether special tokens spelled out in the text mean the tokens.
    let parsesSpecialTokens: Bool

    init(decoding body: [UInt8], model: String, limits: Limits) throws(RequestError) {
        var reader = try ObjectReader(document: body, limits)
        try reader.checkModel(model, limits)
        text = try reader.require("text")
            .string("text", maximumByteCount: limits.maximumTextByteCount)
        addsBeginning = try reader.bool("add_bos") ?? false
        parsesSpecialTokens = try reader.bool("parse_special") ?? false
        try reader.finish()
    }
}

/// A decoded `POST /v1/detokenize` document.
struct DetokenizeCall: Sendable {
    /// Token ids, each in the vocabulary.
    let tokens: [Int]
    /// Whether special tokens are left out of the text.
    let skipsSpecialTokens: Bool

    init(
        decoding body: [UInt8],
        model: String,
        vocabularySize: Int,
        limits: Limits
    ) throws(RequestError) {
        var reader = try ObjectReader(document: body, limits)
        try reader.checkModel(model, limits)
        let nodes = try reader.require("tokens")
            .elements("tokens", in: 0...limits.maximumJSONValueCount)
        var tokens: [Int] = []
        for (index, node) in nodes.enumerated() {
            tokens.append(try node.integer("tokens[\(index)]", in: 0...vocabularySize - 1))
        }
        self.tokens = tokens
        skipsSpecialTokens = try reader.bool("skip_special") ?? true
        try reader.finish()
    }
}
