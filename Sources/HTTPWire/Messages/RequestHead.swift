/// Everything of a request before its body.
package struct RequestHead: Hashable, Sendable {
    /// What is asked for.
    package let method: Method
    /// The request target exactly as it was sent (RFC 9112 §3.2).
    package let target: String
    /// The path of the target; `*` for the asterisk form, empty for CONNECT.
    ///
    /// Escapes of characters that need none are resolved, as both spellings name the same (RFC 9110 §4.2.3); all
    /// others stay, so that an encoded slash is no separator.
    package let path: String
    /// What follows the first `?` of the target, still percent-encoded; nil without a `?`.
    package let query: String?
    /// The protocol the client speaks.
    package let version: ProtocolVersion
    /// The header fields.
    package var fields: HeaderFields
    /// How the body is delimited.
    package let framing: BodyFraming

    /// Makes a head from its parts; path and query are cut out of the target, the framing is the parser's finding.
    package init(
        method: Method,
        target: String,
        version: ProtocolVersion = .http11,
        fields: HeaderFields = HeaderFields(),
        framing: BodyFraming = .none
    ) {
        self.method = method
        self.target = target
        self.version = version
        self.fields = fields
        self.framing = framing
        (path, query) = Self.split(target, method)
    }

    /// Whether the connection may carry another request after this one (RFC 9112 §9.3).
    package var allowsKeepAlive: Bool {
        if fields.hasToken("close", in: "connection") { return false }
        return version >= .http11 || fields.hasToken("keep-alive", in: "connection")
    }

    /// Whether the client holds its body back until it hears 100 (RFC 9110 §10.1.1).
    ///
    /// The expectation of an HTTP/1.0 client is ignored, and so is one without a body to wait for.
    package var expectsContinue: Bool {
        guard version >= .http11, framing != .none, framing != .length(0) else { return false }
        return fields.hasToken("100-continue", in: "expect")
    }

    // MARK: - Target forms

    private static func split(_ target: String, _ method: Method) -> (String, String?) {
        // RFC 9112 §3.2.3: the authority form has neither path nor query.
        if method == .connect { return ("", nil) }
        var rest = target[...]
        if !rest.hasPrefix("/"), let scheme = rest.firstRange(ofASCII: "://") {
            // RFC 9112 §3.2.2: a server accepts the absolute form, whose authority ends at / or ?.
            rest = rest[scheme...]
            rest = rest[(rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex)...]
        }
        let mark = rest.firstIndex(of: "?") ?? rest.endIndex
        let path = rest[..<mark]
        return (
            // RFC 9112 §3.2.4: for OPTIONS the absolute form without a path is about the server as a whole.
            path.isEmpty
                ? (method == .options && mark == rest.endIndex ? "*" : "/")
                : unreservedDecoded(path),
            mark == rest.endIndex ? nil : String(rest[rest.index(after: mark)...])
        )
    }
}

/// How the end of a request body is found (RFC 9112 §6.3).
package enum BodyFraming: Hashable, Sendable {
    /// There is no body.
    case none
    /// The body has exactly this many bytes.
    case length(Int)
    /// The body comes in chunks that say their own sizes.
    case chunked
}

extension Substring {
    /// The index after the first occurrence of an ASCII text.
    fileprivate func firstRange(ofASCII text: StaticString) -> Index? {
        let pattern = text.description
        var index = startIndex
        while index != endIndex {
            if self[index...].hasPrefix(pattern) {
                return self.index(index, offsetBy: pattern.count)
            }
            index = self.index(after: index)
        }
        return nil
    }
}
