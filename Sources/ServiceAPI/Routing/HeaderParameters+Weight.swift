internal import HTTPWire

extension HeaderParameters {
    /// How much a member of a list of preferences is liked, in thousandths (RFC 9110 §12.4.2); nil if its weight is none.
    var weight: Int? {
        guard let text = self["q"] else { return 1000 }
        // 0 to 1 with at most three decimals.
        let digits = text.utf8.map { Int($0) - 48 }
        guard let whole = digits.first, whole == 0 || whole == 1, digits.count <= 5 else {
            return nil
        }
        if digits.count == 1 { return whole * 1000 }
        guard digits[1] == Int(UInt8(ascii: ".")) - 48 else { return nil }
        var fraction = 0
        for position in 2..<5 {
            let digit = position < digits.count ? digits[position] : 0
            guard (0...9).contains(digit) else { return nil }
            fraction = fraction * 10 + digit
        }
        let value = whole * 1000 + fraction
        return value <= 1000 ? value : nil
    }
}
