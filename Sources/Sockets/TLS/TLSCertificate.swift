internal import COpenSSL
internal import Glibc

/// A certificate (X.509, RFC 5280), checked as far as it can be alone.
@safe final class TLSCertificate {
    let pointer: OpaquePointer

    private init(owning pointer: OpaquePointer) {
        unsafe self.pointer = pointer
    }

    deinit { unsafe X509_free(pointer) }

    /// Whose it is, such as `/CN=example.org`.
    var subject: String {
        var text = [CChar](repeating: 0, count: 256)
        unsafe X509_NAME_oneline(X509_get_subject_name(pointer), &text, Int32(text.count))
        return String(
            decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) },
            as: UTF8.self
        )
    }

    /// When it begins and ceases to hold, in seconds since 1970; nil if it does not say so properly.
    var validity: ClosedRange<Int>? {
        guard let start = unsafe Self.seconds(X509_get0_notBefore(pointer)),
            let end = unsafe Self.seconds(X509_get0_notAfter(pointer)), start <= end
        else { return nil }
        return start...end
    }

    /// Whether it was issued by whom another certificate belongs to, as far as names and key identifiers say.
    func isIssued(by issuer: TLSCertificate) -> Bool {
        unsafe X509_check_issued(issuer.pointer, pointer) == X509_V_OK
    }

    private static func seconds(_ time: UnsafePointer<ASN1_TIME>?) -> Int? {
        var parts = unsafe tm()
        guard unsafe ASN1_TIME_to_tm(time, &parts) == 1 else { return nil }
        return unsafe timegm(&parts)
    }

    // MARK: - Files

    /// Most certificates of a chain.
    private static let maximumCount = 16

    /// Reads a chain in PEM form (RFC 7468): the server's own certificate first, behind each the one that issued it.
    ///
    /// - Throws: ``TLSError`` about the certificate.
    static func chain(in file: [UInt8]) throws(TLSError) -> [TLSCertificate] {
        var chain: [TLSCertificate] = []
        ERR_clear_error()
        let reader = PEMReader(file)
        while let found = unsafe PEM_read_bio_X509(reader.pointer, nil, nil, nil) {
            unsafe chain.append(TLSCertificate(owning: found))
            guard chain.count <= maximumCount else {
                throw TLSError(.certificate, "has more than \(maximumCount) certificates")
            }
        }
        let isEnd = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE
        let words = takeLibraryWords()
        guard isEnd else {
            throw TLSError(
                .certificate,
                "has a certificate (number \(chain.count + 1)) that cannot be read",
                words: words
            )
        }
        guard !chain.isEmpty else {
            throw TLSError(.certificate, "has no certificate in PEM form")
        }
        for (index, issuer) in chain.enumerated().dropFirst()
        where !chain[index - 1].isIssued(by: issuer) {
            throw TLSError(
                .certificate,
                "has a chain that does not hold together: certificate \(index), \(chain[index - 1].subject), "
                    + "was not issued by certificate \(index + 1), \(issuer.subject)"
            )
        }
        return chain
    }
}

/// A private key.
@safe final class TLSKey {
    let pointer: OpaquePointer

    /// Reads a key in PEM form.
    ///
    /// - Throws: ``TLSError`` about the key.
    init(in file: [UInt8]) throws(TLSError) {
        ERR_clear_error()
        let reader = PEMReader(file)
        guard
            let found = unsafe PEM_read_bio_PrivateKey(
                reader.pointer,
                nil,
                // Without this the library asks the terminal for a pass phrase.
                { _, _, _, _ in -1 },
                nil
            )
        else {
            let words = takeLibraryWords()
            if String(decoding: file, as: UTF8.self).contains("ENCRYPTED") {
                throw TLSError(
                    .key,
                    "is encrypted, and nobody is there to type its pass phrase: store it without one, readable to "
                        + "the daemon alone (openssl pkey -in FILE -out NEW)"
                )
            }
            throw TLSError(.key, "has no private key in PEM form", words: words)
        }
        unsafe pointer = found
    }

    deinit { unsafe EVP_PKEY_free(pointer) }
}

/// Bytes of a file, as OpenSSL reads them.
@safe private final class PEMReader {
    let pointer: OpaquePointer

    init(_ bytes: [UInt8]) {
        // The library's memory, as it must outlive the call.
        guard let pointer = unsafe BIO_new(BIO_s_mem()) else {
            preconditionFailure("OpenSSL has no memory for a file")
        }
        unsafe self.pointer = pointer
        let count = unsafe BIO_write(pointer, bytes, Int32(clamping: bytes.count))
        precondition(count == bytes.count || bytes.isEmpty, "OpenSSL has no memory for a file")
        // The end of the bytes is the end of the file, not a wait for more.
        unsafe _ = BIO_ctrl(pointer, BIO_C_SET_BUF_MEM_EOF_RETURN, 0, nil)
    }

    deinit { unsafe BIO_free(pointer) }
}
