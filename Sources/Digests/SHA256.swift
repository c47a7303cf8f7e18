internal import COpenSSL

/// The hash function of FIPS 180-4, over bytes that come in pieces or at once.
@safe package final class SHA256 {
    private let context: OpaquePointer

    /// Begins a digest.
    package init() {
        guard let context = unsafe EVP_MD_CTX_new(),
            unsafe EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1
        else { preconditionFailure("OpenSSL has no SHA-256, or no memory for it") }
        unsafe self.context = context
    }

    deinit { unsafe EVP_MD_CTX_free(context) }

    /// Takes the next bytes.
    package func update(_ bytes: RawSpan) {
        let result = unsafe bytes.withUnsafeBytes { buffer in
            unsafe EVP_DigestUpdate(context, buffer.baseAddress, buffer.count)
        }
        precondition(result == 1, "OpenSSL refuses bytes of a digest")
    }

    /// The digest of everything taken, 32 bytes; nothing may be taken afterwards.
    package func finish() -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        let result = unsafe EVP_DigestFinal_ex(context, &digest, nil)
        precondition(result == 1, "OpenSSL refuses to end a digest")
        return digest
    }

    // MARK: - At once

    /// The digest, 32 bytes.
    package static func digest(of bytes: [UInt8]) -> [UInt8] {
        let hash = SHA256()
        unsafe hash.update(bytes.span.bytes)
        return hash.finish()
    }

    /// The digest as four numbers, most significant byte first.
    package static func words(of bytes: [UInt8]) -> [UInt64] {
        let digest = digest(of: bytes)
        return (0..<4).map { word in
            digest[8 * word..<8 * word + 8].reduce(0) { $0 << 8 | UInt64($1) }
        }
    }

    /// The digest as 64 hexadecimal digits.
    package static func hexadecimal(of bytes: [UInt8]) -> String {
        hexadecimal(digest(of: bytes))
    }

    /// Bytes as hexadecimal digits, in lower case.
    package static func hexadecimal(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(
            decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] },
            as: UTF8.self
        )
    }
}
