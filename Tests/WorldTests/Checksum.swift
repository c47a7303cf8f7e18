/// CRC-32 in eight hexadecimal digits.
///
/// Source: PNG (W3C, third edition) Annex D.
func checksum(_ bytes: [UInt8]) -> String {
    var remainder = UInt32.max
    for byte in bytes {
        remainder ^= UInt32(byte)
        for _ in 0..<8 {
            remainder = remainder & 1 == 1 ? 0xedb8_8320 ^ (remainder >> 1) : remainder >> 1
        }
    }
    return hexadecimal(UInt64(~remainder), digits: 8)
}

/// A number with leading zeros.
func hexadecimal(_ number: UInt64, digits: Int) -> String {
    let text = String(number, radix: 16)
    return String(repeating: "0", count: digits - text.count) + text
}
