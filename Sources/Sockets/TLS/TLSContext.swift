internal import COpenSSL
internal import Glibc

/// What connections need to speak TLS: versions, ciphers, and a server's certificate with its key.
///
/// TLS 1.3 and 1.2 with key exchange by elliptic curves and authenticated ciphers (RFC 9325). There is no second
/// handshake, no compression and no resumption: tickets would hang the secrecy of many connections on one key, and what
/// a handshake costs is little beside what a model computes.
///
/// Threads: not changed after `init`; OpenSSL counts the references of its own.
@safe package final class TLSContext {
    let pointer: OpaquePointer
    let isServer: Bool
    /// When the server's certificate expires, in seconds since 1970; nil for clients.
    package private(set) var expiry: Int?
    /// What an operator should know although it works: whole sentences without their subject, the certificate.
    package private(set) var warnings: [String] = []

    /// Seconds before its expiry from which on a certificate is warned of.
    private static let expiryNotice = 14 * 86_400

    private init(isServer: Bool) throws(TLSError) {
        guard let pointer = unsafe SSL_CTX_new(isServer ? TLS_server_method() : TLS_client_method())
        else { throw TLSError(.library, "cannot be set up", words: takeLibraryWords()) }
        unsafe self.pointer = pointer
        self.isServer = isServer
        unsafe ilv_tls_restrict(pointer)
        guard unsafe ilv_tls_set_versions(pointer, TLS1_2_VERSION, TLS1_3_VERSION) == 1,
            unsafe SSL_CTX_set_cipher_list(pointer, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1,
            unsafe ilv_tls_set_groups(pointer, "X25519:P-256:P-384") == 1
        else { throw TLSError(.library, "lacks what is needed", words: takeLibraryWords()) }
    }

    deinit { unsafe SSL_CTX_free(pointer) }

    // MARK: - Servers

    /// A server's.
    ///
    /// - Parameters:
    ///   - certificates: The bytes of a file in PEM form: the server's certificate, behind each the one that issued it.
    ///   - key: Those of the file with its private key.
    ///   - now: Seconds since 1970.
    /// - Throws: ``TLSError`` if the files are not what they should be, or do not belong together.
    package convenience init(
        certificates: [UInt8],
        key: [UInt8],
        now: Int = time(nil)
    ) throws(TLSError) {
        let chain = try TLSCertificate.chain(in: certificates)
        let key = try TLSKey(in: key)
        try self.init(isServer: true)
        for (index, certificate) in chain.enumerated() {
            let result =
                index == 0
                ? unsafe SSL_CTX_use_certificate(pointer, certificate.pointer)
                : unsafe ilv_tls_add_issuer(pointer, certificate.pointer)
            guard result == 1 else {
                throw TLSError(
                    .certificate,
                    "has a certificate, \(certificate.subject), that is not taken",
                    words: takeLibraryWords()
                )
            }
        }
        guard unsafe SSL_CTX_use_PrivateKey(pointer, key.pointer) == 1,
            unsafe SSL_CTX_check_private_key(pointer) == 1
        else {
            throw TLSError(
                .key,
                "does not belong to the certificate of \(chain[0].subject)",
                words: takeLibraryWords()
            )
        }
        unsafe SSL_CTX_set_alpn_select_cb(pointer, chooseProtocol, nil)
        expiry = chain[0].validity?.upperBound
        warnings = chain.compactMap { Self.warning($0, now) }
    }

    private static func warning(_ certificate: TLSCertificate, _ now: Int) -> String? {
        guard let validity = certificate.validity else {
            return "\(certificate.subject) says not properly how long it holds"
        }
        if now < validity.lowerBound { return "\(certificate.subject) does not hold yet" }
        if now > validity.upperBound { return "\(certificate.subject) has expired" }
        let days = (validity.upperBound - now) / 86_400
        guard validity.upperBound - now < expiryNotice else { return nil }
        return "\(certificate.subject) expires in \(days) days"
    }

    // MARK: - Clients

    /// A client's, which trusts whom this machine trusts, or the file that `SSL_CERT_FILE` names.
    ///
    /// - Parameter verifies: Whether the server must show that it is trusted, and is whom the client wants; without, anybody may
    ///   answer, and nothing secret may be sent.
    /// - Returns: The context.
    /// - Throws: ``TLSError``.
    package static func client(verifies: Bool = true) throws(TLSError) -> TLSContext {
        let context = try TLSContext(isServer: false)
        let mode = verifies ? SSL_VERIFY_PEER : SSL_VERIFY_NONE
        unsafe SSL_CTX_set_verify(context.pointer, mode, nil)
        guard unsafe SSL_CTX_set_default_verify_paths(context.pointer) == 1,
            // Zero says that it worked, other than with every other function.
            unsafe SSL_CTX_set_alpn_protos(
                context.pointer,
                HTTPProtocol.list,
                UInt32(HTTPProtocol.list.count)
            ) == 0
        else { throw TLSError(.library, "cannot be set up", words: takeLibraryWords()) }
        return context
    }

    /// Trusts a certificate beside those of the machine.
    ///
    /// - Throws: ``TLSError`` about the certificate.
    package func trust(certificates: [UInt8]) throws(TLSError) {
        for certificate in try TLSCertificate.chain(in: certificates) {
            guard let store = unsafe SSL_CTX_get_cert_store(pointer),
                unsafe X509_STORE_add_cert(store, certificate.pointer) == 1
            else {
                throw TLSError(.certificate, "is not taken", words: takeLibraryWords())
            }
        }
    }
}

// Sendable: set up by its maker before anybody else has it; afterwards OpenSSL only reads and counts references.
extension TLSContext: @unchecked Sendable {}

/// The protocol that is spoken within TLS, by its registered name (RFC 7301 §6).
private enum HTTPProtocol {
    static let name = Array("http/1.1".utf8)
    /// As ALPN lists them: each behind its length.
    static let list = [UInt8(name.count)] + name
}

/// Takes HTTP/1.1 from a client's list; one that has only others gets the alert `no_application_protocol`
/// (RFC 7301 §3.2).
private let chooseProtocol: SSL_CTX_alpn_select_cb_func = {
    _,
    chosen,
    chosenCount,
    list,
    count,
    _ in
    let list = unsafe UnsafeBufferPointer(start: list, count: Int(count))
    var start = 0
    while start < list.count {
        let end = unsafe start + 1 + Int(list[start])
        guard end <= list.count else { break }
        if unsafe list[(start + 1)..<end].elementsEqual(HTTPProtocol.name) {
            // Points into the client's list, as the library wants it.
            unsafe chosen?.pointee = list.baseAddress?.advanced(by: start + 1)
            unsafe chosenCount?.pointee = UInt8(end - start - 1)
            return SSL_TLSEXT_ERR_OK
        }
        start = end
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL
}
