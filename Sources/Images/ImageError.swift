/// Why a picture cannot be decoded or encoded.
package struct ImageError: Error, Sendable, Equatable {
    /// The class of a failure.
    package enum Kind: String, Sendable {
        /// None of the formats that are read.
        case unknownFormat
        /// The data breaks its format.
        case malformed
        /// The data ends before the last pixel.
        case truncated
        /// A feature that is not read, such as 12-bit JPEG.
        case unsupported
        /// Larger than ``ImageLimits`` allow.
        case limitExceeded
        /// Memory could not be had.
        case outOfMemory
        /// Somebody asked for the end.
        case stopped
        /// A text for a PNG chunk that the format cannot hold.
        case invalidText
    }

    /// The class of the failure.
    package let kind: Kind
    /// The format, once recognised.
    package let format: ImageFormat?
    /// The operand values in words.
    package let detail: String

    package init(_ kind: Kind, format: ImageFormat? = nil, _ detail: String) {
        self.kind = kind
        self.format = format
        self.detail = detail
    }
}

extension ImageError: CustomStringConvertible {
    package var description: String {
        format.map { "\($0.rawValue): \(detail)" } ?? detail
    }
}
