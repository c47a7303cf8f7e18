/// What a client asks for, as far as it changes the work.
package enum RequestKind: String, CaseIterable, Hashable, Comparable, Sendable, Codable {
    /// Pictures in, streamed words out.
    case caption
    /// Words in, one picture out.
    case picture
    /// Words, perhaps pictures, in; words and pictures by turns out.
    case interleave

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}
