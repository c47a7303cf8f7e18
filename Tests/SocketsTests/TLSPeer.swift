import COpenSSL
import Sockets
import TestSupport
import Testing

/// A client made of OpenSSL and nothing of ours, in memory.
@safe final class TLSPeer {
    private let context: OpaquePointer
    private let session: OpaquePointer
    private let input: OpaquePointer
    private let output: OpaquePointer
    /// Text that has come.
    private(set) var text: [UInt8] = []
    /// What went wrong last.
    private(set) var failure: String?

    /// Of certain versions of TLS, with names for ALPN; none leaves the extension out.
    ///
    /// - Throws: `TestClientError` if the library cannot.
    init(
        _ versions: ClosedRange<Int32> = TLS1_2_VERSION...TLS1_3_VERSION,
        protocols: [String] = []
    ) throws {
        guard let context = unsafe SSL_CTX_new(TLS_client_method()),
            let session = unsafe SSL_new(context),
            let input = unsafe BIO_new(BIO_s_mem()), let output = unsafe BIO_new(BIO_s_mem())
        else { throw TestClientError.malformed("OpenSSL has no memory") }
        unsafe (self.context, self.session) = (context, session)
        unsafe (self.input, self.output) = (input, output)
        // Old versions are spoken only without a level of security.
        unsafe SSL_set_security_level(session, 0)
        for (number, version) in [
            (SSL_CTRL_SET_MIN_PROTO_VERSION, versions.lowerBound),
            (SSL_CTRL_SET_MAX_PROTO_VERSION, versions.upperBound),
        ] {
            guard unsafe SSL_ctrl(session, number, Int(version), nil) == 1 else {
                throw TestClientError.malformed("OpenSSL lacks a version")
            }
        }
        unsafe SSL_set_bio(session, input, output)
        unsafe SSL_set_connect_state(session)
        let list = protocols.flatMap { [UInt8($0.utf8.count)] + $0.utf8 }
        if !list.isEmpty { unsafe _ = SSL_set_alpn_protos(session, list, UInt32(list.count)) }
    }

    deinit {
        unsafe SSL_free(session)
        unsafe SSL_CTX_free(context)
    }

    // MARK: - Facts

    var isEstablished: Bool { unsafe SSL_is_init_finished(session) == 1 }
    var version: String { unsafe String(cString: SSL_get_version(session)) }
    var cipher: String {
        unsafe String(cString: SSL_CIPHER_get_name(SSL_get_current_cipher(session)))
    }
    /// Whether the server has said that no more text comes.
    var hasEnd: Bool { unsafe SSL_get_shutdown(session) & SSL_RECEIVED_SHUTDOWN != 0 }
    var canResume: Bool { unsafe SSL_SESSION_is_resumable(SSL_get_session(session)) == 1 }

    var chosenProtocol: String {
        var start: UnsafePointer<UInt8>?
        var count: UInt32 = 0
        unsafe SSL_get0_alpn_selected(session, &start, &count)
        return unsafe String(
            decoding: UnsafeBufferPointer(start: start, count: Int(count)),
            as: UTF8.self
        )
    }

    // MARK: - Deeds

    func write(_ text: [UInt8]) { unsafe _ = SSL_write(session, text, Int32(text.count)) }
    func end() { unsafe _ = SSL_shutdown(session) }
    func renegotiate() {
        unsafe _ = SSL_renegotiate(session)
        unsafe _ = SSL_do_handshake(session)
    }
    func updateKeys() {
        unsafe _ = SSL_key_update(session, SSL_KEY_UPDATE_REQUESTED)
        unsafe _ = SSL_do_handshake(session)
    }

    /// The bytes that it would send; shakes hands if it has to.
    func takeOutput() -> [UInt8] {
        if !isEstablished { step() }
        var bytes = [UInt8](repeating: 0, count: unsafe BIO_ctrl_pending(output))
        if !bytes.isEmpty { unsafe _ = BIO_read(output, &bytes, Int32(bytes.count)) }
        return bytes
    }

    func take(_ bytes: [UInt8]) {
        if !bytes.isEmpty { unsafe _ = BIO_write(input, bytes, Int32(bytes.count)) }
        step()
    }

    private func step() {
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while true {
            ERR_clear_error()
            let count = unsafe SSL_read(session, &buffer, Int32(buffer.count))
            guard count > 0 else {
                if unsafe SSL_get_error(session, count) == SSL_ERROR_SSL,
                    let words = unsafe ERR_reason_error_string(ERR_peek_last_error())
                {
                    failure = unsafe String(cString: words)
                }
                return
            }
            text += buffer[..<Int(count)]
        }
    }
}
