/// The encodings that are read and written.
package enum ImageFormat: String, Sendable, CaseIterable {
    case jpeg
    case png
    case webp

    /// The media type (RFC 9110 §8.3.1), for example `image/png`.
    package var mediaType: String { "image/\(rawValue)" }

    /// Recognises a format by its first bytes; nil if it is none of them.
    package init?(sniffing bytes: Span<UInt8>) {
        func matches(_ magic: [UInt8], at offset: Int = 0) -> Bool {
            guard bytes.count >= offset + magic.count else { return false }
            return magic.indices.allSatisfy { bytes[offset + $0] == magic[$0] }
        }
        if matches([0xff, 0xd8, 0xff]) {
            self = .jpeg
        } else if matches([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]) {
            self = .png
        } else if matches(Array("RIFF".utf8)), matches(Array("WEBP".utf8), at: 8) {
            self = .webp
        } else {
            return nil
        }
    }
}
