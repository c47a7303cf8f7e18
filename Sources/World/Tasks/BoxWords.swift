extension Box {
    /// Boxes are fractions of the picture times this, cut to integers.
    private static let scale = 999

    /// A box in sixteenths of a pixel as `(x1,y1)(x2,y2)`, three digits each.
    package var words: String {
        let numbers = [left, top, right, bottom].map { edge in
            let number = min(max(edge, 0), 16 * Layout.side) * Self.scale / (16 * Layout.side)
            let digits = String(number)
            return String(repeating: "0", count: 3 - digits.count) + digits
        }
        return "(\(numbers[0]),\(numbers[1]))(\(numbers[2]),\(numbers[3]))"
    }

    /// Reads a box from the beginning of an answer, `(x1,y1)(x2,y2)</box>`; nil if there is none.
    ///
    /// The edges are in thousandths of the picture, less one.
    package init?(words: String) {
        guard let found = words.prefixMatch(of: /\s*\((\d{3}),(\d{3})\)\((\d{3}),(\d{3})\)<\/box>/),
            let left = Int(found.1), let top = Int(found.2), let right = Int(found.3),
            let bottom = Int(found.4)
        else { return nil }
        self.init(left: left, top: top, right: right, bottom: bottom)
    }
}
