internal import Engine
internal import JSON
internal import Tokenization

/// A decoded `POST /v1/tokenize` document.
package struct TokenizeCall: Sendable {
    /// What to cut into tokens.
    enum Content: Sendable {
        /// A text by itself; whether `<s>` comes first, and whether special tokens spelled out in the text mean the
        /// tokens.
        case text(String, addsBeginning: Bool, parsesSpecialTokens: Bool)
        /// Texts and pictures as a request brings them.
        case input(InterleavedPrompt)
    }

    /// What to cut into tokens.
    let content: Content

    /// Bytes of text.
    var textByteCount: Int {
        switch content {
        case .text(let text, _, _): text.utf8.count
        case .input(let prompt):
            prompt.segments.reduce(0) { count, segment in
                if case .text(let text) = segment { count + text.utf8.count } else { count }
            }
        }
    }

    /// Decodes a document strictly.
    ///
    /// - Throws: ``RequestError`` that names the field.
    package init(decoding body: [UInt8], model: String, limits: Limits) throws(RequestError) {
        var reader = try ObjectReader(document: body, limits)
        try reader.checkModel(model, limits)
        if reader.has("input") {
            for key in ["text", "add_bos", "parse_special"] where reader.has(key) {
                throw .invalid(key, "has no meaning beside input")
            }
            let parts = try InputDecoding.parts(reader.require("input"), "input", limits)
            try Self.checkLength(parts, limits)
            content = .input(
                InterleavedPrompt(
                    segments: parts.map { part in
                        switch part {
                        case .text(let text): .text(text)
                        case .image: .image
                        }
                    }
                )
            )
            for key in ["text", "add_bos", "parse_special"] { _ = reader.take(key) }
        } else {
            _ = reader.take("input")
            content = .text(
                try reader.require("text")
                    .string("text", maximumByteCount: limits.maximumTextByteCount),
                addsBeginning: try reader.bool("add_bos") ?? false,
                parsesSpecialTokens: try reader.bool("parse_special") ?? false
            )
        }
        try reader.finish()
    }

    /// Refuses more text than the longest field may bring, as no context holds so much.
    private static func checkLength(
        _ parts: [InputPart],
        _ limits: Limits
    ) throws(RequestError) {
        let byteCount = parts.reduce(0) { count, part in
            if case .text(let text) = part { count + text.utf8.count } else { count }
        }
        guard byteCount <= limits.maximumTextByteCount else {
            throw .invalid(
                "input",
                "has \(byteCount) bytes of text, at most \(limits.maximumTextByteCount) are allowed"
            )
        }
    }

    /// The ids; those of an input are exactly the ones that a request starts from.
    ///
    /// - Throws: `TokenizationError`.
    func tokens(_ tokenizer: Tokenizer, imageTokenCount: Int) throws(TokenizationError) -> [Int] {
        switch content {
        case .text(let text, let addsBeginning, let parsesSpecialTokens):
            try tokenizer.encode(
                text,
                parsesSpecialTokens: parsesSpecialTokens,
                addsBeginning: addsBeginning
            )
        case .input(let prompt):
            try prompt.tokenIdentifiers(using: tokenizer, imageTokenCount: imageTokenCount)
        }
    }
}

/// A decoded `POST /v1/detokenize` document.
package struct DetokenizeCall: Sendable {
    /// Token ids, each in the vocabulary.
    let tokens: [Int]
    /// Whether special tokens are left out of the text.
    let skipsSpecialTokens: Bool

    /// Decodes a document strictly.
    ///
    /// - Throws: ``RequestError`` that names the field.
    package init(
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
