/// White space as Python's `str.strip` understands it, which the reference tokenizer uses.
enum WhiteSpace {
    /// Whether Python's `str.isspace` holds for the character.
    static func contains(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09...0x0d, 0x1c...0x20, 0x85, 0xa0, 0x1680, 0x2000...0x200a, 0x2028, 0x2029, 0x202f,
            0x205f, 0x3000:
            true
        default: false
        }
    }

    /// Removes white space from the chosen ends.
    static func stripped(_ text: String, atStart: Bool, atEnd: Bool) -> String {
        var scalars = Substring(text).unicodeScalars
        if atStart { scalars = scalars.drop(while: contains) }
        if atEnd {
            while let last = scalars.last, contains(last) { scalars.removeLast() }
        }
        return String(scalars)
    }
}
