/// How large the parts of a request may be before the parser refuses it.
package struct RequestLimits: Hashable, Sendable {
    /// Longest method; no method in use comes near it, and a longer one is answered with 501.
    package var maximumMethodByteCount = 32
    /// Longest request target; a longer one is answered with 414.
    package var maximumTargetByteCount = 8 * 1024
    /// All header field lines together, line ends included, and likewise all trailer lines; 431 beyond.
    package var maximumFieldByteCount = 16 * 1024
    /// Number of header fields, and likewise of trailer fields; 431 beyond.
    package var maximumFieldCount = 100
    /// Largest body unless ``RequestParser/limitBody(to:)`` says otherwise; 413 beyond.
    package var maximumBodyByteCount = 64 * 1024 * 1024
    /// Longest chunk-size line, its extensions included.
    package var maximumChunkLineByteCount = 256
    /// All chunk extensions of a body together, so that tiny chunks cannot carry endless ballast.
    package var maximumChunkExtensionByteCount = 16 * 1024

    /// The defaults.
    package init() {}
}
