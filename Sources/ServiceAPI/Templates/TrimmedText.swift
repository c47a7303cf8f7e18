extension String {
    /// The text without white space around it.
    var trimmed: String {
        let start = unicodeScalars.drop { $0.properties.isWhitespace }
        let end = start.lastIndex { !$0.properties.isWhitespace }.map { start.index(after: $0) }
        return String(start[..<(end ?? start.startIndex)])
    }
}
