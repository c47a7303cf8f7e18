internal import HTTPServer
internal import HTTPWire

extension Service {
    /// `GET /`, `/engine`, `/docs`, `/page/...`: the page in the browser, also while the model loads.
    func answerPage(_ file: PageFile, _ request: Request, _ exchange: Exchange) {
        var fields = PageFile.fields
        fields["etag"] = file.entityTag
        fields["content-type"] = file.mediaType
        exchange.answer(file.body, fields, isKnown: request.head.fields.hasEntityTag)
    }
}

extension PageFile {
    /// What every file is sent with.
    ///
    /// A browser keeps it and asks each time whether it is still the same (RFC 9111 §5.2.2.4): a daemon of another
    /// version must not be asked by scripts of the one before.
    fileprivate static let fields: HeaderFields = [
        "cache-control": "no-cache",
        "content-security-policy": policy,
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
    ]

    /// Scripts, styles and requests of the daemon's own alone, nothing inline, no text made into markup; pictures
    /// also from data that the page has (Content Security Policy Level 3, Trusted Types).
    private static let policy = [
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data: blob:",
        "connect-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
        "require-trusted-types-for 'script'", "trusted-types 'none'",
    ].joined(separator: "; ")
}

extension HeaderFields {
    /// Whether the client has this content already (If-None-Match, RFC 9110 §13.1.2, weak comparison).
    fileprivate func hasEntityTag(_ tag: String) -> Bool {
        // Our tags have no comma, so that a list may be cut at every one.
        tokens(of: "if-none-match").contains { member in
            member == "*" || member == tag || member == "W/\(tag)"
        }
    }
}
