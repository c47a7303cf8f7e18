/// The chunked transfer coding, sending side (RFC 9112 §7.1).
package enum ChunkedCoding {
    /// The last chunk with an empty trailer section.
    package static let end = Array("0\r\n\r\n".utf8)
    /// What follows the data of each chunk.
    package static let chunkEnd = Array("\r\n".utf8)

    /// Appends the line before a chunk's data.
    ///
    /// - Precondition: `byteCount` is positive: a chunk of size 0 would end the body.
    package static func appendChunkStart(byteCount: Int, to output: inout [UInt8]) {
        precondition(byteCount > 0, "an empty chunk ends the body")
        output += String(byteCount, radix: 16).utf8
        output += "\r\n".utf8
    }
}
