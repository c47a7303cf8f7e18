internal import Compression
internal import HTTPServer
internal import HTTPWire

/// A body that many requests get, as it is and compressed.
struct CodedBody: Hashable, Sendable {
    /// The bytes as they are.
    let plain: [UInt8]
    /// The same as gzip; nil where that does not pay.
    let gzip: [UInt8]?

    /// Compresses a body, thoroughly: it is done once.
    ///
    /// - Parameters:
    ///   - plain: The body.
    ///   - isText: Whether it is worth the try: pictures are compressed already.
    init(_ plain: [UInt8], isText: Bool = true) {
        self.plain = plain
        let isWorthIt = isText && plain.count >= Response.leastCodedByteCount
        gzip = isWorthIt ? Gzip.compress(plain, .thorough) : nil
    }
}

extension Response {
    /// Bytes below which compressing does not pay: they fit a packet or two either way.
    static let leastCodedByteCount = 2048

    /// Whether it may be sent as gzip: large enough, and a text that is not compressed already.
    var mayBeCoded: Bool {
        guard body.count >= Self.leastCodedByteCount, !head.fields.contains("content-encoding")
        else { return false }
        let type = HeaderParameters(head.fields["content-type"] ?? "").value
        return type.hasPrefix("text/") || type == "application/json" || type == "application/yaml"
    }

    /// The same response with its body as gzip; unchanged where that would not be smaller.
    var coded: Response {
        guard let gzip = Gzip.compress(body, .fast) else { return self }
        var response = self
        response.body = gzip
        response.head.fields["content-encoding"] = "gzip"
        return response
    }

    /// Tells caches that the answer depends on what codings the client likes (RFC 9110 §12.5.5).
    mutating func varyByCoding() {
        head.fields.append("vary", "accept-encoding")
    }
}
