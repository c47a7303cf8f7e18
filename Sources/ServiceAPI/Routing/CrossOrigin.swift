internal import HTTPWire
internal import JSON

/// Which pages of elsewhere may use the daemon from a browser.
///
/// Source: Fetch standard, "HTTP-CORS protocol"; RFC 6454 (origins).
struct CrossOrigin {
    /// Origins such as `https://example.org:8443`, or `*` for all.
    let allowed: [String]

    private var allowsAll: Bool { allowed.contains("*") }

    /// The value of `Access-Control-Allow-Origin`; nil for pages that may not.
    private func permission(for head: RequestHead?) -> String? {
        // No credentials go along, so that all need no name of their own.
        if allowsAll { return "*" }
        // A browser sends one; with several it is anybody's guess whose the request is.
        guard let origins = head?.fields.values(of: "origin"), origins.count == 1 else {
            return nil
        }
        return allowed.contains { isSameName($0, origins[0]) } ? origins[0] : nil
    }

    /// What an answer tells a browser.
    ///
    /// - Parameter head: Of the request; nil if it never came.
    /// - Returns: The fields.
    func fields(for head: RequestHead?) -> HeaderFields {
        var fields = HeaderFields()
        guard !allowed.isEmpty else { return fields }
        // Caches must not give one page the answer that names another.
        if !allowsAll { fields["vary"] = "origin" }
        guard let origin = permission(for: head) else { return fields }
        fields["access-control-allow-origin"] = origin
        fields["access-control-expose-headers"] = Self.exposed
        return fields
    }

    /// What a browser that asks before it sends is told besides ``fields(for:)``; nil if none asks, or may not.
    ///
    /// - Parameters:
    ///   - head: Of a request with OPTIONS.
    ///   - methods: Those of the path.
    /// - Returns: The fields.
    func preflight(_ head: RequestHead, _ methods: [Method]) -> HeaderFields? {
        guard head.fields.contains("access-control-request-method"),
            head.fields.contains("origin"), permission(for: head) != nil
        else { return nil }
        var fields = HeaderFields()
        fields["access-control-allow-methods"] = methods.map(\.rawValue).joined(separator: ", ")
        // Whoever may send documents may send fields as well: keys, names of requests, those of client libraries.
        let names = head.fields.tokens(of: "access-control-request-headers").filter(isToken)
            .prefix(Self.maximumFieldCount).joined(separator: ", ")
        if !names.isEmpty { fields["access-control-allow-headers"] = names }
        fields["access-control-max-age"] = "600"
        if head.fields["access-control-request-private-network"] == "true" {
            fields["access-control-allow-private-network"] = "true"
        }
        return fields
    }

    /// Refuses what a page of elsewhere sends, also where the browser would hide the answer from it: what was sent could
    /// have had its effect.
    ///
    /// - Throws: ``ErrorResponse`` with 403.
    func requireAllowed(_ head: RequestHead) throws(ErrorResponse) {
        let origins = head.fields.values(of: "origin")
        guard let origin = origins.first, permission(for: head) == nil else { return }
        // Behind a proxy the page's own name may not be what Host says; the browser knows, and pages cannot set this field
        // (Fetch Metadata, section 2.2).
        if head.fields["sec-fetch-site"] == "same-origin" { return }
        let authority = origin.firstRange(of: "://").map { origin[$0.upperBound...] }
        if origins.count == 1, let authority, let host = head.fields["host"],
            isSameName(authority, host)
        {
            return
        }
        throw ErrorResponse(
            .forbidden,
            code: "origin_not_allowed",
            "pages of \(quoted(origin)) may send nothing here (setting allowed_origins)",
            parameter: "origin"
        )
    }

    /// Fields that scripts may read.
    private static let exposed = [
        "x-request-id", "server-timing", "retry-after", "retry-after-ms", "x-should-retry",
        "x-ratelimit-limit-requests", "x-ratelimit-remaining-requests",
        "x-ratelimit-reset-requests", "x-ratelimit-limit-tokens", "x-ratelimit-remaining-tokens",
        "x-ratelimit-reset-tokens", "www-authenticate",
    ].joined(separator: ", ")

    private static let maximumFieldCount = 64
}
