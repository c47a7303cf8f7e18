internal import COpenSSL

/// One end of a TLS connection in memory: bytes of the wire go in and plain text comes out, and the other way round.
///
/// It never reads or writes by itself, and never waits. What comes in is taken only when all that came before has been
/// read, what goes out only when all before has been sent: it keeps a record or two, whatever the other end does.
///
/// Threads: belongs to one connection, which uses it from one thread at a time.
@safe package final class TLSSession {
    /// What a read found.
    package enum Found: Hashable, Sendable {
        /// This many bytes of text, at least one.
        case bytes(Int)
        /// No text before more bytes of the wire have come.
        case needsInput
        /// The other end has said that it will send no more.
        case end
    }

    /// Bytes of the wire that are taken at a time: a record of the largest size (RFC 8446 §5.2, RFC 5246 §6.2.3).
    package static let inputByteCount = 16_384 + 2_048 + 5
    /// Text of a record.
    private static let recordByteCount = 16_384
    /// Changes of keys beyond which the other end is given up: one is due after some ten million records (RFC 8446 §5.5),
    /// and each costs far more than the bytes that ask for it.
    private static let maximumKeyUpdateCount = 64
    /// Output beyond which the other end is given up: it has things said to it and does not listen.
    private static let maximumOutputByteCount = 128 * 1024

    private let session: OpaquePointer
    private let input: OpaquePointer
    private let output: OpaquePointer
    private let isServer: Bool
    /// Bytes for the wire, and how many of them are sent.
    private var unsent: [UInt8] = []
    private var sentByteCount = 0
    private var hasBegun = false
    private var hasEnded = false
    /// How often the other end has changed its keys.
    private var keyUpdateCount = 0

    /// Whether the client speaks no TLS, but HTTP as it is: its bytes pass unchanged, so that it can be told.
    package private(set) var isPlain = false

    /// Makes one end.
    ///
    /// - Parameters:
    ///   - context: Whose end it is, and what may be spoken.
    ///   - host: For a client, whom it wants to talk to: an address in numbers, or a name.
    /// - Throws: ``TLSError`` if the library has no memory, or the host is none.
    package init(_ context: TLSContext, host: String? = nil) throws(TLSError) {
        guard let session = unsafe SSL_new(context.pointer) else {
            throw TLSError(.library, "has no memory", words: takeLibraryWords())
        }
        guard let input = unsafe BIO_new(BIO_s_mem()), let output = unsafe BIO_new(BIO_s_mem())
        else { preconditionFailure("OpenSSL has no memory for a connection") }
        unsafe SSL_set_bio(session, input, output)
        unsafe (self.session, self.input, self.output) = (session, input, output)
        isServer = context.isServer
        unsafe SSL_set_msg_callback(session, noteMessage)
        unsafe _ = SSL_ctrl(
            session,
            SSL_CTRL_SET_MSG_CALLBACK_ARG,
            0,
            Unmanaged.passUnretained(self).toOpaque()
        )
        if isServer {
            unsafe SSL_set_accept_state(session)
        } else {
            unsafe SSL_set_connect_state(session)
            if let host { try expect(host) }
        }
    }

    /// Frees its two ends of memory as well.
    deinit { unsafe SSL_free(session) }

    /// Has the server's certificate be that of a host.
    private func expect(_ host: String) throws(TLSError) {
        let isAddress = unsafe X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), host) == 1
        ERR_clear_error()
        guard !isAddress else { return }
        guard unsafe SSL_set1_host(session, host) == 1,
            unsafe ilv_tls_set_server_name(session, host) == 1
        else { throw TLSError(.peer, "\(host) is no host", words: takeLibraryWords()) }
    }

    // MARK: - Reading

    /// Whether both ends have agreed, so that text may be sent.
    package var isEstablished: Bool { unsafe SSL_is_init_finished(session) == 1 }

    /// Whether a read may find something without more bytes of the wire.
    package var hasInput: Bool {
        // A part of a record that the library has taken to itself is none.
        unsafe BIO_ctrl_pending(input) > 0 || SSL_pending(session) > 0
    }

    /// Takes bytes of the wire.
    package func take(_ bytes: Span<UInt8>) {
        guard !bytes.isEmpty else { return }
        if !hasBegun {
            hasBegun = true
            // A record of a handshake begins with 22, a method of HTTP with a letter.
            isPlain = isServer && (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(bytes[0])
            if isPlain { return }
        }
        let count = unsafe bytes.withUnsafeBufferPointer {
            unsafe BIO_write(input, $0.baseAddress, Int32(clamping: $0.count))
        }
        precondition(count == bytes.count, "OpenSSL has no memory for a record")
    }

    /// Reads text into the beginning of a buffer; also shakes hands.
    ///
    /// - Throws: ``TLSError`` if the bytes of the wire are not right; there may be output that says so to the other end.
    /// - Precondition: `buffer` is not empty.
    package func read(into buffer: inout MutableSpan<UInt8>) throws(TLSError) -> Found {
        ERR_clear_error()
        let count = unsafe buffer.withUnsafeMutableBufferPointer {
            unsafe SSL_read(session, $0.baseAddress, Int32(clamping: $0.count))
        }
        collectOutput()
        guard keyUpdateCount <= Self.maximumKeyUpdateCount else {
            throw TLSError(.peer, "changes its keys too often")
        }
        guard outputByteCount <= Self.maximumOutputByteCount else {
            throw TLSError(.peer, "does not listen to what it asks for")
        }
        return count > 0 ? .bytes(Int(count)) : try outcome(count)
    }

    /// Whether the other end has said that it will send no more, as far as its bytes have come.
    package var isAtEnd: Bool {
        if unsafe SSL_get_shutdown(session) & SSL_RECEIVED_SHUTDOWN != 0 { return true }
        guard hasInput else { return false }
        ERR_clear_error()
        var byte: UInt8 = 0
        // What is wrong with the bytes the next read will say.
        let count = unsafe SSL_peek(session, &byte, 1)
        collectOutput()
        return unsafe count <= 0 && SSL_get_shutdown(session) & SSL_RECEIVED_SHUTDOWN != 0
    }

    /// Says what a call meant that did nothing.
    private func outcome(_ result: Int32) throws(TLSError) -> Found {
        switch unsafe SSL_get_error(session, result) {
        case SSL_ERROR_WANT_READ: return .needsInput
        case SSL_ERROR_ZERO_RETURN: return .end
        default:
            let words = takeLibraryWords()
            let verdict = unsafe SSL_get_verify_result(session)
            guard !isServer, verdict != X509_V_OK, !isEstablished else {
                throw TLSError(.peer, "speaks TLS wrongly", words: words)
            }
            throw TLSError(
                .peer,
                "has a certificate that is not trusted",
                words: unsafe String(cString: X509_verify_cert_error_string(verdict))
            )
        }
    }

    // MARK: - Writing

    /// Begins to shake hands; for a client, which speaks first.
    ///
    /// - Throws: ``TLSError``.
    package func begin() throws(TLSError) {
        ERR_clear_error()
        let result = unsafe SSL_do_handshake(session)
        collectOutput()
        if result != 1 { _ = try outcome(result) }
    }

    /// Turns text into a record of output.
    ///
    /// - Returns: How many bytes of it; the rest takes another call.
    /// - Throws: ``TLSError``, also before the connection is established.
    package func write(_ text: Span<UInt8>) throws(TLSError) -> Int {
        guard isEstablished else { throw TLSError(.peer, "has not shaken hands") }
        ERR_clear_error()
        let count = unsafe text.withUnsafeBufferPointer {
            unsafe SSL_write(session, $0.baseAddress, Int32(min($0.count, Self.recordByteCount)))
        }
        collectOutput()
        guard count > 0 else {
            throw TLSError(.peer, "takes no text", words: takeLibraryWords())
        }
        return Int(count)
    }

    /// Says that no more text will follow (close_notify), once; nothing can be said before both ends have agreed.
    package func end() {
        guard !hasEnded, isEstablished, !isPlain else { return }
        hasEnded = true
        ERR_clear_error()
        unsafe _ = SSL_shutdown(session)
        collectOutput()
    }

    // MARK: - Output

    /// Bytes for the wire that are not sent yet.
    package var outputByteCount: Int { unsent.count - sentByteCount }

    /// Lends the bytes for the wire.
    ///
    /// - Parameter body: Returns how many of them were sent.
    /// - Throws: What the body throws.
    /// - Precondition: There are some.
    package func withOutput<Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Int
    ) throws(Failure) {
        let bytes = unsent
        let rest = bytes.span.extracting(sentByteCount...)
        sentByteCount += try body(rest)
        guard sentByteCount == unsent.count else { return }
        unsent = []
        sentByteCount = 0
    }

    /// Takes over what the library has to send.
    private func collectOutput() {
        let count = unsafe BIO_ctrl_pending(output)
        guard count > 0 else { return }
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            filled = unsafe Int(BIO_read(output, buffer.baseAddress, Int32(clamping: count)))
        }
        if unsent.isEmpty { unsent = bytes } else { unsent += bytes }
    }
}

extension TLSSession {
    /// Takes note of a message of a handshake, or of what follows one.
    fileprivate func noteReceived(_ kind: UInt8) {
        if kind == UInt8(SSL3_MT_KEY_UPDATE) { keyUpdateCount += 1 }
    }
}

/// Told by the library of all messages, within the calls of a session, which it is given.
private let noteMessage:
    @convention(c) (
        Int32, Int32, Int32, UnsafeRawPointer?, Int, OpaquePointer?, UnsafeMutableRawPointer?
    ) -> Void = { isSent, _, kind, bytes, count, _, session in
        guard isSent == 0, kind == SSL3_RT_HANDSHAKE, count > 0, let bytes = unsafe bytes,
            let session = unsafe session
        else { return }
        let kind = unsafe bytes.load(as: UInt8.self)
        unsafe Unmanaged<TLSSession>.fromOpaque(session).takeUnretainedValue().noteReceived(kind)
    }

// Sendable: a connection hands it from thread to thread, and uses it from one at a time.
extension TLSSession: @unchecked Sendable {}
