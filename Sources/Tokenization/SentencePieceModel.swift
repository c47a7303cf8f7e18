import CSentencePiece

/// A SentencePiece model: text to piece ids and back, without special tokens.
///
/// Owns the C++ object and frees it in `deinit`; no pointer leaves a call.
@safe
final class SentencePieceModel {
    /// What a piece stands for.
    enum PieceKind: Sendable, Equatable {
        case normal
        case unknown
        case control
        /// One byte of UTF-8 (byte fallback).
        case byte(UInt8)
        case unused
    }

    private let handle: OpaquePointer
    /// Whether a long text may be cut before its words.
    private(set) var isCutAtSpaces = false

    /// Parses the bytes of a model file.
    init(bytes: [UInt8]) throws(TokenizationError) {
        let (handle, message) = unsafe withMessage { message in
            unsafe bytes.withUnsafeBufferPointer { buffer in
                unsafe ilv_tokenizer_create(buffer.baseAddress, buffer.count, message)
            }
        }
        guard let handle = unsafe handle else {
            // Places in the library's source say nothing to whoever has the file.
            let reason = message.replacing("Internal: ", with: "")
            throw TokenizationError(
                .invalidModel,
                "\(bytes.count) bytes are not a SentencePiece model"
                    + (reason.isEmpty || reason.contains(".cc(") ? "" : ": \(reason)")
            )
        }
        unsafe self.handle = handle
        isCutAtSpaces = SentencePieceSettings(bytes).areWordsIndependent && hasWordsOnly
    }

    deinit {
        unsafe ilv_tokenizer_destroy(handle)
    }

    var pieceCount: Int { unsafe Int(ilv_tokenizer_piece_count(handle)) }
    var beginningIdentifier: Int { unsafe Int(ilv_tokenizer_bos_id(handle)) }
    var endIdentifier: Int { unsafe Int(ilv_tokenizer_eos_id(handle)) }
    var unknownIdentifier: Int { unsafe Int(ilv_tokenizer_unk_id(handle)) }

    /// Text of a piece, with U+2581 for spaces; nil outside the vocabulary.
    func piece(of identifier: Int) -> String? {
        guard let identifier = Int32(exactly: identifier) else { return nil }
        var count = 0
        guard let start = unsafe ilv_tokenizer_piece(handle, identifier, &count) else { return nil }
        let bytes = unsafe UnsafeRawBufferPointer(start: start, count: count)
        return unsafe String(decoding: bytes, as: UTF8.self)
    }

    /// Kind of a piece; nil outside the vocabulary.
    func kind(of identifier: Int) -> PieceKind? {
        guard let small = Int32(exactly: identifier) else { return nil }
        switch unsafe Int(ilv_tokenizer_piece_kind(handle, small)) {
        case ILV_PIECE_NORMAL: return .normal
        case ILV_PIECE_UNKNOWN: return .unknown
        case ILV_PIECE_CONTROL: return .control
        case ILV_PIECE_UNUSED: return .unused
        case ILV_PIECE_BYTE:
            // The piece reads `<0xNN>`.
            guard let text = piece(of: identifier), text.utf8.count == 6,
                let byte = UInt8(text.dropFirst(3).dropLast(), radix: 16)
            else { return .normal }
            return .byte(byte)
        default: return nil
        }
    }

    /// Id of a piece, that of the unknown piece if there is none.
    func identifier(of piece: String) -> Int {
        let bytes = piece.utf8.map { CChar(bitPattern: $0) }
        return unsafe bytes.withUnsafeBufferPointer { buffer in
            unsafe Int(ilv_tokenizer_find_piece(handle, buffer.baseAddress, buffer.count))
        }
    }

    /// Cuts a text into pieces; a space is put in front by the model itself.
    ///
    /// Cost: linear in texts with spaces. SentencePiece's own grows faster than the text, as its queue of merges leaves
    /// the caches, so that a long text goes through it in stretches.
    func encode(_ text: String) throws(TokenizationError) -> [Int] {
        let bytes = Array(text.utf8)
        guard isCutAtSpaces, bytes.count > 2 * Self.stretchByteCount else {
            return try encode(bytes[...])
        }
        var identifiers: [Int] = []
        var start = 0
        while let cut = Self.cut(bytes, from: start + Self.stretchByteCount) {
            identifiers += try encode(bytes[start..<cut])
            // The model puts the space itself.
            start = cut + 1
        }
        return identifiers + (try encode(bytes[start...]))
    }

    /// Bytes of a stretch of a long text, at least.
    static let stretchByteCount = 1024

    /// A space after something that is none, with something after it, at or after a position.
    private static func cut(_ bytes: [UInt8], from position: Int) -> Int? {
        guard position < bytes.count - 1 else { return nil }
        // U+2581, which means a space too, ends with 0x81.
        return bytes[position..<bytes.count - 1].indices.first {
            bytes[$0] == 0x20 && bytes[$0 - 1] != 0x20 && bytes[$0 - 1] != 0x81
        }
    }

    /// Whether no piece has a space after something else, so that none reaches over the beginning of a word.
    private var hasWordsOnly: Bool {
        guard identifier(of: "\u{2581}") != unknownIdentifier else { return false }
        return (0..<pieceCount).allSatisfy { index in
            guard kind(of: index) == .normal || kind(of: index) == .unused else { return true }
            return piece(of: index)?.drop { $0 == "\u{2581}" }.contains("\u{2581}") == false
        }
    }

    /// One call of SentencePiece.
    func encode(_ text: ArraySlice<UInt8>) throws(TokenizationError) -> [Int] {
        let bytes = text.map { CChar(bitPattern: $0) }
        var output: UnsafeMutablePointer<Int32>?
        var count = 0
        defer { unsafe ilv_tokenizer_free(output) }
        let (status, message) = unsafe withMessage { message in
            unsafe bytes.withUnsafeBufferPointer { buffer in
                unsafe ilv_tokenizer_encode(
                    handle,
                    buffer.baseAddress,
                    buffer.count,
                    &output,
                    &count,
                    message
                )
            }
        }
        guard status == 0 else {
            throw TokenizationError(.failed, "cannot encode \(bytes.count) bytes: \(message)")
        }
        return unsafe UnsafeBufferPointer(start: output, count: count).map { Int($0) }
    }

    /// Joins pieces.
    func decode(_ identifiers: [Int]) throws(TokenizationError) -> String {
        let small = identifiers.map { Int32(truncatingIfNeeded: $0) }
        var output: UnsafeMutablePointer<CChar>?
        var count = 0
        defer { unsafe ilv_tokenizer_free(output) }
        let (status, message) = unsafe withMessage { message in
            unsafe small.withUnsafeBufferPointer { buffer in
                unsafe ilv_tokenizer_decode(
                    handle,
                    buffer.baseAddress,
                    buffer.count,
                    &output,
                    &count,
                    message
                )
            }
        }
        guard status == 0 else {
            throw TokenizationError(.failed, "cannot decode \(small.count) ids: \(message)")
        }
        let bytes = unsafe UnsafeRawBufferPointer(start: output, count: count)
        return unsafe String(decoding: bytes, as: UTF8.self)
    }
}

// Sendable: the C++ object is only read after `init`, and SentencePiece's const functions share no state.
extension SentencePieceModel: @unchecked Sendable {}

/// Runs `body` with a message buffer and gives its result and the message.
private func withMessage<Result>(
    _ body: (UnsafeMutablePointer<CChar>) -> Result
) -> (Result, String) {
    var buffer = [CChar](repeating: 0, count: Int(ILV_TOKENIZER_MESSAGE_LENGTH))
    return unsafe buffer.withUnsafeMutableBufferPointer { buffer in
        guard let start = buffer.baseAddress else { preconditionFailure("the buffer is not empty") }
        let result = unsafe body(start)
        return unsafe (result, String(cString: start))
    }
}
