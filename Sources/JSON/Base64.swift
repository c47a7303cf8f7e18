/// The base64 encodings of RFC 4648, sections 4 and 5.
package enum Base64 {
    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8
    )
    /// Values of characters in the low six bits, above them the marks below.
    private static let values: [UInt16] = {
        var values = [UInt16](repeating: foreign, count: 256)
        for (value, character) in alphabet.enumerated() { values[Int(character)] = UInt16(value) }
        values[Int(UInt8(ascii: "+"))] |= standardOnly
        values[Int(UInt8(ascii: "/"))] |= standardOnly
        values[Int(UInt8(ascii: "-"))] = 62 | urlOnly
        values[Int(UInt8(ascii: "_"))] = 63 | urlOnly
        return values
    }()
    private static let foreign: UInt16 = 0x8000
    private static let standardOnly: UInt16 = 0x100
    private static let urlOnly: UInt16 = 0x200
    private static let padding = UInt8(ascii: "=")

    /// Appends the characters for some bytes: the standard alphabet, with padding.
    package static func encode(_ bytes: some Collection<UInt8>, to output: inout [UInt8]) {
        output.reserveCapacity(output.count + (bytes.count + 2) / 3 * 4)
        let bytes = ArraySlice(bytes)
        let alphabet = alphabet
        var index = bytes.startIndex
        while index + 2 < bytes.endIndex {
            let group = Int(bytes[index]) << 16 | Int(bytes[index + 1]) << 8 | Int(bytes[index + 2])
            output.append(alphabet[group >> 18])
            output.append(alphabet[group >> 12 & 63])
            output.append(alphabet[group >> 6 & 63])
            output.append(alphabet[group & 63])
            index += 3
        }
        switch bytes.endIndex - index {
        case 1:
            let group = Int(bytes[index]) << 4
            output += [alphabet[group >> 6], alphabet[group & 63], padding, padding]
        case 2:
            let group = (Int(bytes[index]) << 8 | Int(bytes[index + 1])) << 2
            output += [
                alphabet[group >> 12], alphabet[group >> 6 & 63], alphabet[group & 63], padding,
            ]
        default: break
        }
    }

    /// The bytes that characters stand for; nil if they are not an encoding of any.
    ///
    /// Either alphabet will do, but not both in one text. Spaces, tabs and line breaks may stand anywhere, as
    /// tools that wrap lines leave them; padding may be missing, but not be wrong.
    package static func decode(_ characters: ArraySlice<UInt8>) -> [UInt8]? {
        let values = values
        var output: [UInt8] = []
        output.reserveCapacity(characters.count / 4 * 3 + 3)
        var index = characters.startIndex
        /// What has been seen of either alphabet.
        var marks: UInt16 = 0
        /// Characters of the group that is not complete yet.
        var pending: [UInt16] = []
        var paddingCount = 0
        while index < characters.endIndex {
            // Whole groups first: what is not one goes character by character.
            if pending.isEmpty, paddingCount == 0, index + 3 < characters.endIndex {
                let (a, b) = (values[Int(characters[index])], values[Int(characters[index + 1])])
                let (c, d) = (
                    values[Int(characters[index + 2])], values[Int(characters[index + 3])]
                )
                if (a | b | c | d) & foreign == 0 {
                    marks |= a | b | c | d
                    append(a, b, c, d, to: &output)
                    index += 4
                    continue
                }
            }
            let character = characters[index]
            index += 1
            if isWhiteSpace(character) { continue }
            if character == padding {
                paddingCount += 1
                continue
            }
            let value = values[Int(character)]
            guard value & foreign == 0, paddingCount == 0 else { return nil }
            marks |= value
            pending.append(value & 63)
            if pending.count == 4 {
                append(pending[0], pending[1], pending[2], pending[3], to: &output)
                pending = []
            }
        }
        guard marks & standardOnly == 0 || marks & urlOnly == 0 else { return nil }
        guard paddingCount == 0 || !pending.isEmpty && pending.count + paddingCount == 4 else {
            return nil
        }
        // RFC 4648 §3.5: the bits that no byte uses are zero, or two texts would mean the same bytes.
        switch pending.count {
        case 0: break
        case 2 where pending[1] & 15 == 0:
            append(pending[0], pending[1], 0, 0, to: &output)
            output.removeLast(2)
        case 3 where pending[2] & 3 == 0:
            append(pending[0], pending[1], pending[2], 0, to: &output)
            output.removeLast()
        default: return nil
        }
        return output
    }

    private static func isWhiteSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
    }

    private static func append(
        _ a: UInt16,
        _ b: UInt16,
        _ c: UInt16,
        _ d: UInt16,
        to output: inout [UInt8]
    ) {
        let group =
            UInt32(a & 63) << 18 | UInt32(b & 63) << 12 | UInt32(c & 63) << 6 | UInt32(d & 63)
        output.append(UInt8(truncatingIfNeeded: group >> 16))
        output.append(UInt8(truncatingIfNeeded: group >> 8))
        output.append(UInt8(truncatingIfNeeded: group))
    }
}
