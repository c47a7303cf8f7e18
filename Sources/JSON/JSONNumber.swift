/// A number of a parsed document: its characters, checked against the grammar.
///
/// Whole numbers are exact however they are written: `1e3` and `1000.0` are 1000, and
/// `9007199254740993.0` is that number although no double is.
package struct JSONNumber: Sendable {
    /// The characters as they stand in the document.
    package let raw: ArraySlice<UInt8>

    /// The characters as a text.
    package var text: String { String(decoding: raw, as: UTF8.self) }

    /// The nearest finite double; nil if it is too large for one.
    package var double: Double? { Double(text).flatMap { $0.isFinite ? $0 : nil } }

    /// The nearest finite float; nil if it is too large for one.
    package var float: Float? { Float(text).flatMap { $0.isFinite ? $0 : nil } }

    /// The value, if it is exactly one of these; 0 for a negative zero.
    package var integer: Int? { whole() }

    /// The value, if it is exactly one of these.
    package var unsigned: UInt64? { whole() }

    /// The value, if it is exactly one of a type's.
    package func whole<Integer: FixedWidthInteger>(as type: Integer.Type = Integer.self) -> Integer?
    {
        var characters = raw
        let isNegative = characters.first == UInt8(ascii: "-")
        if isNegative { characters.removeFirst() }
        var digits: [UInt8] = []
        /// The power of ten that the digits are multiplied with.
        var power = 0
        var isFraction = false
        while let byte = characters.popFirst() {
            if byte == UInt8(ascii: ".") {
                isFraction = true
            } else if byte | 0x20 == UInt8(ascii: "e") {
                // An exponent beyond all bounds leaves only zero a whole number that fits.
                let written = String(decoding: characters, as: UTF8.self)
                let bound = 1 << 32
                power +=
                    Int(written).map { max(-bound, min(bound, $0)) }
                    ?? (written.hasPrefix("-") ? -bound : bound)
                break
            } else {
                digits.append(byte - UInt8(ascii: "0"))
                if isFraction { power -= 1 }
            }
        }
        while digits.last == 0 {
            digits.removeLast()
            power += 1
        }
        guard !digits.isEmpty else { return 0 }
        let significant = digits.drop { $0 == 0 }
        // No integer of ours has more than 20 digits.
        guard power >= 0, significant.count + power <= 20 else { return nil }
        var value: Integer = 0
        for digit in significant + [UInt8](repeating: 0, count: power) {
            let (tens, isTooLarge) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflows) =
                isNegative
                ? tens.subtractingReportingOverflow(Integer(digit))
                : tens.addingReportingOverflow(Integer(digit))
            guard !isTooLarge, !overflows else { return nil }
            value = sum
        }
        return value
    }
}
