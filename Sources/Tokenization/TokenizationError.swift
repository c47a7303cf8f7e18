/// Why a tokenizer cannot be loaded or used.
package struct TokenizationError: Error, Sendable, Equatable {
    /// The class of a failure.
    package enum Kind: String, Sendable {
        /// The file cannot be read.
        case unreadableFile
        /// The bytes are not a SentencePiece model.
        case invalidModel
        /// A model without one of the pieces that are needed.
        case unsupportedModel
        /// A token id outside the vocabulary.
        case unknownIdentifier
        /// SentencePiece failed on a text.
        case failed
        /// A prompt whose parts do not fit together.
        case invalidPrompt
    }

    /// The class of the failure.
    package let kind: Kind
    /// The operand values in words.
    package let detail: String

    package init(_ kind: Kind, _ detail: String) {
        self.kind = kind
        self.detail = detail
    }
}

extension TokenizationError: CustomStringConvertible {
    package var description: String { detail }
}
