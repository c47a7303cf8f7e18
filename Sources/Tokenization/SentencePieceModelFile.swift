/// The bytes of a SentencePiece model made of given pieces: a vocabulary without training.
///
/// For models without a trained tokenizer of their own, such as randomly initialised ones.
///
/// Source: SentencePiece `sentencepiece_model.proto`; Protocol Buffers encoding specification.
package struct SentencePieceModelFile {
    /// The serialised model.
    package let bytes: [UInt8]

    private enum PieceType: UInt64 {
        case normal = 1
        case unknown = 2
        case control = 3
        case byte = 6
    }

    /// Smallest vocabulary: three special pieces, 256 bytes and a few characters.
    package static let minimumSize = 300

    /// Makes a byte-fallback BPE model of exactly `size` pieces: special pieces, bytes, printable
    /// characters, then `words` with their beginnings, then numbered fillers that no text contains.
    ///
    /// - Precondition: `size` is at least ``minimumSize``.
    package init(size: Int, words: [String]) {
        precondition(size >= Self.minimumSize, "a vocabulary of \(size) pieces")
        var pieces: [(String, PieceType)] = [
            ("<unk>", .unknown), ("<s>", .control), ("</s>", .control),
        ]
        for byte in 0..<256 {
            let digits = String(byte, radix: 16, uppercase: true)
            pieces.append(("<0x\(byte < 16 ? "0" : "")\(digits)>", .byte))
        }
        var known = Set<String>()
        var normal: [String] = []
        func add(_ piece: String) {
            if known.insert(piece).inserted { normal.append(piece) }
        }
        add("\u{2581}")
        for scalar in Unicode.Scalar(0x61 as UInt8).value...Unicode.Scalar(0x7a as UInt8).value {
            if let letter = Unicode.Scalar(scalar) { add(String(letter)) }
        }
        for letter in ".,?!'-:;()0123456789" { add(String(letter)) }
        // A word can be reached by merging only if each of its beginnings is a piece too.
        for word in words {
            let marked = "\u{2581}" + word
            for length in 2...max(2, marked.count) { add(String(marked.prefix(length))) }
        }
        for scalar in UInt8(0x41)...0x5a { add(String(Unicode.Scalar(scalar))) }
        pieces += normal.prefix(size - pieces.count).map { ($0, PieceType.normal) }
        while pieces.count < size { pieces.append(("\u{2581}[\(pieces.count)]", .normal)) }

        var model = ProtocolBuffer()
        for (index, piece) in pieces.enumerated() {
            var message = ProtocolBuffer()
            message.append(field: 1, bytes: Array(piece.0.utf8))
            message.append(field: 2, float: piece.1 == .normal ? -Float(index) : 0)
            message.append(field: 3, integer: piece.1.rawValue)
            model.append(field: 1, bytes: message.bytes)
        }
        var trainer = ProtocolBuffer()
        trainer.append(field: 3, integer: 2)  // model_type: BPE
        trainer.append(field: 4, integer: UInt64(size))  // vocab_size
        trainer.append(field: 35, integer: 1)  // byte_fallback
        model.append(field: 2, bytes: trainer.bytes)
        var normalizer = ProtocolBuffer()
        normalizer.append(field: 1, bytes: Array("identity".utf8))
        normalizer.append(field: 3, integer: 1)  // add_dummy_prefix
        normalizer.append(field: 4, integer: 0)  // remove_extra_whitespaces
        normalizer.append(field: 5, integer: 1)  // escape_whitespaces
        model.append(field: 3, bytes: normalizer.bytes)
        bytes = model.bytes
    }
}

/// A Protocol Buffers message being written.
private struct ProtocolBuffer {
    private(set) var bytes: [UInt8] = []

    mutating func append(field: UInt64, integer: UInt64) {
        append(varint: field << 3)
        append(varint: integer)
    }

    mutating func append(field: UInt64, float: Float) {
        append(varint: field << 3 | 5)
        for shift in stride(from: UInt32(0), to: 32, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: float.bitPattern >> shift))
        }
    }

    mutating func append(field: UInt64, bytes content: [UInt8]) {
        append(varint: field << 3 | 2)
        append(varint: UInt64(content.count))
        bytes += content
    }

    private mutating func append(varint value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}
