internal import COpenSSL

/// The hash function of FIPS 180-4.
enum SHA256 {
    /// The digest as 64 hexadecimal digits.
    static func hexadecimal(of bytes: [UInt8]) -> String {
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
        let digits = Array("0123456789abcdef".utf8)
        return String(
            decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] },
            as: UTF8.self
        )
    }
}
