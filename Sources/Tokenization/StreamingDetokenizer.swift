/// Turns ids into text one at a time.
///
/// The deltas joined are exactly `Tokenizer.decode(ids, skipsSpecialTokens: true)`. Nothing is emitted that a later id
/// could change: bytes of an unfinished UTF-8 character are held back, and so is the start of the text until the first
/// character that is not the model's own leading space.
/// Cost: constant per id once the text has begun.
/// Threads: one at a time.
package struct StreamingDetokenizer: Sendable {
    private let tokenizer: Tokenizer
    /// Ids so far while the text is still empty; nil afterwards.
    private var openingIdentifiers: [Int]? = []
    /// Bytes that may be the beginning of a character.
    private var heldBytes: [UInt8] = []

    package init(tokenizer: Tokenizer) {
        self.tokenizer = tokenizer
    }

    /// Takes the next id and returns the text that became certain, often empty.
    ///
    /// - Throws: ``TokenizationError`` of kind `unknownIdentifier` or `failed`.
    package mutating func append(_ identifier: Int) throws(TokenizationError) -> String {
        guard !tokenizer.specialTokens.contains(identifier) else { return "" }
        guard let kind = tokenizer.model.kind(of: identifier) else {
            throw TokenizationError(
                .unknownIdentifier,
                "token id \(identifier) is outside 0..<\(tokenizer.totalVocabularySize)"
            )
        }
        if case .byte(let byte) = kind {
            heldBytes.append(byte)
            let text = takeCertainText()
            if !text.isEmpty { openingIdentifiers = nil }
            return text
        }
        var text = takeAllHeldText()
        if !text.isEmpty { openingIdentifiers = nil }
        guard var opening = openingIdentifiers else {
            text += try plainText(of: identifier, kind)
            return text
        }
        // How much leading space goes depends on the model: ask it for the whole text until there is any.
        opening.append(identifier)
        text = try tokenizer.model.decode(opening)
        openingIdentifiers = text.isEmpty ? opening : nil
        return text
    }

    /// Ends the text: bytes still held are no character and become U+FFFD, one each.
    package mutating func finish() -> String {
        openingIdentifiers = nil
        return takeAllHeldText()
    }

    /// What a piece adds to a text that has begun.
    private func plainText(
        of identifier: Int,
        _ kind: SentencePieceModel.PieceKind
    ) throws(TokenizationError) -> String {
        switch kind {
        case .control, .byte: return ""
        case .unknown: return try tokenizer.model.decode([identifier])
        case .normal, .unused:
            let piece = tokenizer.model.piece(of: identifier) ?? ""
            var scalars = String.UnicodeScalarView()
            for scalar in piece.unicodeScalars {
                scalars.append(scalar == "\u{2581}" ? " " : scalar)
            }
            return String(scalars)
        }
    }

    // MARK: - Bytes

    private mutating func takeAllHeldText() -> String {
        let text = takeCertainText()
        let rest = heldBytes.count
        heldBytes = []
        return text + String(repeating: "\u{fffd}", count: rest)
    }

    /// Decodes held bytes up to the first character that is not complete yet.
    private mutating func takeCertainText() -> String {
        var text = ""
        var position = 0
        scan: while position < heldBytes.count {
            let rest = heldBytes[position...]
            switch UTF8Prefix(of: rest) {
            case .character(let byteCount):
                text += String(decoding: rest.prefix(byteCount), as: UTF8.self)
                position += byteCount
            case .invalidByte:
                text += "\u{fffd}"
                position += 1
            case .incomplete: break scan
            }
        }
        heldBytes.removeFirst(position)
        return text
    }
}

/// What a non-empty byte string starts with.
private enum UTF8Prefix {
    case character(byteCount: Int)
    /// A byte that can start no character with what follows.
    case invalidByte
    /// The start of a character whose end is missing.
    case incomplete

    /// Source: RFC 3629 §4 (the table of well-formed sequences).
    init(of bytes: ArraySlice<UInt8>) {
        let lead = bytes[bytes.startIndex]
        let length: Int
        var second: ClosedRange<UInt8> = 0x80...0xbf
        switch lead {
        case 0x00...0x7f: length = 1
        case 0xc2...0xdf: length = 2
        case 0xe0: (length, second) = (3, 0xa0...0xbf)
        case 0xed: (length, second) = (3, 0x80...0x9f)
        case 0xe1...0xef: length = 3
        case 0xf0: (length, second) = (4, 0x90...0xbf)
        case 0xf4: (length, second) = (4, 0x80...0x8f)
        case 0xf1...0xf3: length = 4
        default:
            self = .invalidByte
            return
        }
        for (offset, byte) in bytes.prefix(length).enumerated().dropFirst() {
            let allowed = offset == 1 ? second : 0x80...0xbf
            guard allowed.contains(byte) else {
                self = .invalidByte
                return
            }
        }
        self = bytes.count >= length ? .character(byteCount: length) : .incomplete
    }
}
