internal import Files

/// The model's tokenizer: a SentencePiece vocabulary with LLaMA's conventions and two tokens for pictures.
///
/// Text is cut at special tokens first; white space around the two picture tokens is dropped; each remaining stretch goes
/// through SentencePiece, which puts a space in front of it. These are the conventions of the slow LLaMA tokenizer
/// in legacy mode (transformers 4.31), kept exactly, quirks included.
/// Threads: any; encoding and decoding share no mutable state.
package final class Tokenizer: Sendable {
    /// Number of pieces of the model, V.
    package let vocabularySize: Int
    /// The ids with a meaning of their own.
    package let specialTokens: SpecialTokens
    let model: SentencePieceModel
    /// Special tokens that are recognised in text, with their ids.
    private let markers: [Marker]

    private struct Marker: Sendable {
        let text: [UInt8]
        let identifier: Int
        /// Whether white space on both sides goes.
        let stripsWhiteSpace: Bool
    }

    /// Largest model file that is read, in bytes.
    package static let maximumModelByteCount = 64 << 20

    /// Loads a `tokenizer.model` file.
    ///
    /// - Throws: ``TokenizationError`` of kind `unreadableFile`, `invalidModel` or `unsupportedModel`.
    package convenience init(modelPath: String) throws(TokenizationError) {
        let bytes: [UInt8]
        do throws(FileError) {
            bytes = try File.read(modelPath, maximumByteCount: Self.maximumModelByteCount)
        } catch {
            throw TokenizationError(.unreadableFile, error.description)
        }
        do throws(TokenizationError) {
            try self.init(modelBytes: bytes)
        } catch {
            throw TokenizationError(error.kind, "\(modelPath): \(error.detail)")
        }
    }

    /// Loads a model from the bytes of its file.
    ///
    /// - Throws: ``TokenizationError`` of kind `invalidModel` or `unsupportedModel`.
    package init(modelBytes: [UInt8]) throws(TokenizationError) {
        let model = try SentencePieceModel(bytes: modelBytes)
        let size = model.pieceCount
        let specialTokens = SpecialTokens(
            beginning: model.beginningIdentifier,
            end: model.endIdentifier,
            unknown: model.unknownIdentifier,
            padding: size - 1,
            imageStart: size,
            image: size + 1
        )
        var markers: [Marker] = []
        for identifier in [specialTokens.beginning, specialTokens.end, specialTokens.unknown] {
            guard let text = model.piece(of: identifier), !text.isEmpty else {
                throw TokenizationError(
                    .unsupportedModel,
                    "the model lacks a beginning, an end or an unknown piece"
                )
            }
            markers.append(
                Marker(text: Array(text.utf8), identifier: identifier, stripsWhiteSpace: false)
            )
        }
        for (text, identifier) in [
            (SpecialTokens.imageStartText, specialTokens.imageStart),
            (SpecialTokens.imageText, specialTokens.image),
        ] {
            markers.append(
                Marker(text: Array(text.utf8), identifier: identifier, stripsWhiteSpace: true)
            )
        }
        self.model = model
        self.vocabularySize = size
        self.specialTokens = specialTokens
        self.markers = markers
    }

    /// V and the two picture tokens.
    package var totalVocabularySize: Int { vocabularySize + 2 }

    /// The text of one token, U+2581 standing for a space; nil outside the vocabulary.
    package func piece(of identifier: Int) -> String? {
        switch identifier {
        case specialTokens.imageStart: SpecialTokens.imageStartText
        case specialTokens.image: SpecialTokens.imageText
        default: model.piece(of: identifier)
        }
    }

    /// The id of a piece or special token; nil if there is none.
    package func identifier(of piece: String) -> Int? {
        switch piece {
        case SpecialTokens.imageStartText: return specialTokens.imageStart
        case SpecialTokens.imageText: return specialTokens.image
        default:
            let identifier = model.identifier(of: piece)
            return model.piece(of: identifier) == piece ? identifier : nil
        }
    }
}

// MARK: - Encoding

extension Tokenizer {
    /// Turns text into ids.
    ///
    /// - Parameters:
    ///   - text: Words.
    ///   - parsesSpecialTokens: Whether `<s>`, `</s>`, `<unk>`, `<|beginofimage|>` and `<|image|>` in the text mean the
    ///     tokens. False for text from outside: there they are nothing but characters.
    ///   - addsBeginning: Whether `<s>` comes first.
    /// - Returns: The ids.
    /// - Throws: ``TokenizationError`` of kind `failed`.
    package func encode(
        _ text: String,
        parsesSpecialTokens: Bool,
        addsBeginning: Bool = false
    ) throws(TokenizationError) -> [Int] {
        var identifiers = addsBeginning ? [specialTokens.beginning] : []
        guard parsesSpecialTokens else {
            return text.isEmpty ? identifiers : identifiers + (try model.encode(text))
        }
        let bytes = Array(text.utf8)
        var start = 0
        var stripsStart = false
        var position = 0
        while position < bytes.count {
            guard bytes[position] == UInt8(ascii: "<"),
                let marker = markers.first(where: { bytes[position...].starts(with: $0.text) })
            else {
                position += 1
                continue
            }
            try appendStretch(
                bytes[start..<position],
                to: &identifiers,
                stripsStart: stripsStart,
                stripsEnd: marker.stripsWhiteSpace
            )
            identifiers.append(marker.identifier)
            position += marker.text.count
            start = position
            stripsStart = marker.stripsWhiteSpace
        }
        try appendStretch(
            bytes[start...],
            to: &identifiers,
            stripsStart: stripsStart,
            stripsEnd: false
        )
        return identifiers
    }

    private func appendStretch(
        _ bytes: ArraySlice<UInt8>,
        to identifiers: inout [Int],
        stripsStart: Bool,
        stripsEnd: Bool
    ) throws(TokenizationError) {
        // The cuts lie at ASCII characters, so the stretch is whole UTF-8.
        let text = String(decoding: bytes, as: UTF8.self)
        let stripped = WhiteSpace.stripped(text, atStart: stripsStart, atEnd: stripsEnd)
        guard !stripped.isEmpty else { return }
        identifiers += try model.encode(stripped)
    }
}

// MARK: - Decoding

extension Tokenizer {
    /// Turns ids into text.
    ///
    /// With `skipsSpecialTokens` the special ids (the padding piece among them) are left out and the rest is joined
    /// in one go. Without, each special token is written out: picture tokens with single spaces around, the others
    /// with the reference's spacing. Bytes that are not UTF-8 become U+FFFD, one each.
    ///
    /// - Throws: ``TokenizationError`` of kind `unknownIdentifier` or `failed`.
    package func decode(
        _ identifiers: [Int],
        skipsSpecialTokens: Bool = true
    ) throws(TokenizationError) -> String {
        for identifier in identifiers where !(0..<totalVocabularySize).contains(identifier) {
            throw TokenizationError(
                .unknownIdentifier,
                "token id \(identifier) is outside 0..<\(totalVocabularySize)"
            )
        }
        guard !skipsSpecialTokens else {
            return try model.decode(identifiers.filter { !specialTokens.contains($0) })
        }
        var parts: [String] = []
        var stretch: [Int] = []
        for identifier in identifiers {
            if identifier < vocabularySize {
                stretch.append(identifier)
                continue
            }
            if !stretch.isEmpty { parts.append(try decodeWritingSpecials(stretch)) }
            stretch = []
            parts.append(
                identifier == specialTokens.image
                    ? SpecialTokens.imageText : SpecialTokens.imageStartText
            )
        }
        if !stretch.isEmpty { parts.append(try decodeWritingSpecials(stretch)) }
        return parts.joined(separator: " ")
    }

    /// Decodes ids below V, writing out `<s>`, `</s>`, `<unk>` and the padding piece.
    private func decodeWritingSpecials(_ identifiers: [Int]) throws(TokenizationError) -> String {
        var text = ""
        var stretch: [Int] = []
        var followsSpecial = false
        for (index, identifier) in identifiers.enumerated() {
            guard specialTokens.contains(identifier) else {
                stretch.append(identifier)
                followsSpecial = false
                continue
            }
            // The reference puts the space before the stretch, not before the special token.
            if !followsSpecial, index > 0 { text += " " }
            text += try model.decode(stretch) + (model.piece(of: identifier) ?? "")
            stretch = []
            followsSpecial = true
        }
        return text + (try model.decode(stretch))
    }
}
