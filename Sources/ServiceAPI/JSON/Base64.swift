/// The base64 encoding (RFC 4648 §4), strictly: that alphabet, padding, nothing in between.
enum Base64 {
    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8
    )
    /// Values of characters; 64 and above for those that are none.
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 0xFF, count: 256)
        for (value, character) in alphabet.enumerated() { values[Int(character)] = UInt8(value) }
        return values
    }()
    private static let padding = UInt8(ascii: "=")

    /// Appends the characters for some bytes.
    static func encode(_ bytes: [UInt8], to output: inout [UInt8]) {
        output.reserveCapacity(output.count + (bytes.count + 2) / 3 * 4)
        let alphabet = alphabet
        var index = 0
        while index + 2 < bytes.count {
            let group = Int(bytes[index]) << 16 | Int(bytes[index + 1]) << 8 | Int(bytes[index + 2])
            output.append(alphabet[group >> 18])
            output.append(alphabet[group >> 12 & 63])
            output.append(alphabet[group >> 6 & 63])
            output.append(alphabet[group & 63])
            index += 3
        }
        switch bytes.count - index {
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

    /// The bytes that characters stand for; nil if they are not exactly an encoding of any.
    static func decode(_ characters: ArraySlice<UInt8>) -> [UInt8]? {
        guard characters.count % 4 == 0 else { return nil }
        var characters = characters
        var paddingCount = 0
        while paddingCount < 2, characters.last == padding {
            characters.removeLast()
            paddingCount += 1
        }
        let values = values
        var output: [UInt8] = []
        output.reserveCapacity(characters.count / 4 * 3 + 3)
        var index = characters.startIndex
        while index + 3 < characters.endIndex {
            let (a, b) = (values[Int(characters[index])], values[Int(characters[index + 1])])
            let (c, d) = (values[Int(characters[index + 2])], values[Int(characters[index + 3])])
            guard a | b | c | d < 64 else { return nil }
            output.append(a << 2 | b >> 4)
            output.append(b << 4 | c >> 2)
            output.append(c << 6 | d)
            index += 4
        }
        let rest = characters[index...].map { values[Int($0)] }
        guard rest.allSatisfy({ $0 < 64 }) else { return nil }
        // RFC 4648 §3.5: the bits that no byte uses are zero, or two texts would mean the same bytes.
        switch rest.count {
        case 0: return output
        case 2 where rest[1] & 15 == 0: output.append(rest[0] << 2 | rest[1] >> 4)
        case 3 where rest[2] & 3 == 0:
            output.append(rest[0] << 2 | rest[1] >> 4)
            output.append(rest[1] << 4 | rest[2] >> 2)
        default: return nil
        }
        return output
    }
}
