internal import COpenSSL

/// Why TLS cannot be spoken.
package struct TLSError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is at fault.
    package enum Subject: Hashable, Sendable {
        /// The file of certificates.
        case certificate
        /// The file of the key.
        case key
        /// The other end, or the bytes that it sent.
        case peer
        /// The library.
        case library
    }

    /// What is at fault.
    package let subject: Subject
    /// What is wrong, to be read after its name: `has no certificate in PEM form`.
    package let detail: String

    package var description: String { detail }

    init(_ subject: Subject, _ detail: String) {
        self.subject = subject
        self.detail = detail
    }

    /// The library's own words for what went wrong last on this thread, behind some of ours.
    init(_ subject: Subject, _ detail: String, words: String?) {
        self.init(subject, words.map { "\(detail): \($0)" } ?? detail)
    }
}

/// What OpenSSL says went wrong last on this thread, which is forgotten then; nil if nothing did.
func takeLibraryWords() -> String? {
    let code = ERR_peek_last_error()
    ERR_clear_error()
    guard code != 0, let words = unsafe ERR_reason_error_string(code) else { return nil }
    return unsafe String(cString: words)
}
