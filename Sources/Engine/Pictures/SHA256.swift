internal import COpenSSL

/// The hash function of FIPS 180-4.
package enum SHA256 {
    /// The digest, 32 bytes.
    package static func digest(of bytes: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        let result = unsafe bytes.withUnsafeBufferPointer { bytes in
            unsafe digest.withUnsafeMutableBufferPointer { digest in
                unsafe EVP_Digest(
                    bytes.baseAddress,
                    bytes.count,
                    digest.baseAddress,
                    nil,
                    EVP_sha256(),
                    nil
                )
            }
        }
        precondition(result == 1, "OpenSSL has no SHA-256")
        return digest
    }

    /// The digest as four numbers, most significant byte first.
    static func words(of bytes: [UInt8]) -> [UInt64] {
        let digest = digest(of: bytes)
        return (0..<4).map { word in
            digest[8 * word..<8 * word + 8].reduce(0) { $0 << 8 | UInt64($1) }
        }
    }

    /// The digest as 64 hexadecimal digits.
    package static func hexadecimal(of bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(
            decoding: digest(of: bytes).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] },
            as: UTF8.self
        )
    }
}
