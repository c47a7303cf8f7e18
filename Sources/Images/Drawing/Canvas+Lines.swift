extension Canvas {
    /// Words broken into lines of at most a width in pixels; what is no printable ASCII becomes a question mark.
    ///
    /// - Precondition: At least one letter fits.
    package static func lines(of text: String, width: Int, scale: Int = 2) -> [String] {
        let limit = width / self.width(of: " ", scale: scale)
        precondition(limit > 0, "no letter fits \(width) pixels")
        var lines = [""]
        for word in text.split(whereSeparator: \.isWhitespace) {
            var rest = word.map { $0.isASCII && !$0.isNewline ? $0 : "?" }[...]
            if let last = lines.last, !last.isEmpty, last.count + 1 + rest.count <= limit {
                lines[lines.count - 1] += " " + String(rest)
                continue
            }
            while !rest.isEmpty {
                lines.append(String(rest.prefix(limit)))
                rest = rest.dropFirst(limit)
            }
        }
        return lines.filter { !$0.isEmpty }
    }
}
