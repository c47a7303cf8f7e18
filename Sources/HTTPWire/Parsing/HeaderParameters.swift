/// A header value with parameters: `value *( OWS ";" OWS [ name "=" ( token / quoted-string ) ] )` (RFC 9110 §5.6.6).
///
/// Read byte by byte: what a quoted string holds may join with its quotes into one character, as combining marks do.
package struct HeaderParameters: Hashable, Sendable {
    /// One of the parameters.
    package struct Parameter: Hashable, Sendable {
        /// The name in lower case.
        package let name: String
        /// The value, without its quotes if it had some; nil if there is no `=`.
        package let value: String?
    }

    /// What stands before the first semicolon, without the white space around it.
    package let value: String
    /// The parameters in order; empty ones are passed over, as the grammar has it.
    package let parameters: [Parameter]

    /// Reads a value.
    package init(_ text: String) {
        self.init(text.utf8[...])
    }

    /// Reads the members of a field that is a list, all lines of it; commas in quoted strings separate nothing.
    package static func list(_ lines: [String]) -> [HeaderParameters] {
        lines.flatMap { split($0.utf8[...], at: UInt8(ascii: ",")) }.map { HeaderParameters($0) }
    }

    private init(_ text: Substring.UTF8View) {
        let parts = Self.split(text, at: UInt8(ascii: ";"))
            .map { trimmingOptionalWhitespace(Substring($0)) }
        value = parts.first.map { String($0) } ?? ""
        parameters = parts.dropFirst().filter { !$0.isEmpty }.map { Parameter($0.utf8) }
    }

    /// The value of the first parameter of a name in lower case.
    package subscript(name: String) -> String? {
        parameters.first { $0.name == name }?.value
    }

    /// Cuts at a byte outside of quoted strings.
    private static func split(
        _ text: Substring.UTF8View,
        at separator: UInt8
    ) -> [Substring.UTF8View] {
        var parts: [Substring.UTF8View] = []
        var start = text.startIndex
        var (isQuoted, isEscaped) = (false, false)
        for index in text.indices {
            let byte = text[index]
            if isEscaped {
                isEscaped = false
            } else if isQuoted, byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                isQuoted.toggle()
            } else if byte == separator, !isQuoted {
                parts.append(text[start..<index])
                start = text.index(after: index)
            }
        }
        return parts + [text[start...]]
    }
}

extension HeaderParameters.Parameter {
    /// No white space may stand around the `=`: what does belongs to the name or the value, and is no token of either.
    fileprivate init(_ text: Substring.UTF8View) {
        let name = text.prefix { $0 != UInt8(ascii: "=") }
        self.name = Substring(name).lowercased()
        let rest = text.dropFirst(name.count)
        value = rest.isEmpty ? nil : Self.unquoted(rest.dropFirst())
    }

    /// The text of a quoted string, in which a backslash stands before any character (RFC 9110 §5.6.4); others as they are.
    private static func unquoted(_ text: Substring.UTF8View) -> String {
        guard text.first == UInt8(ascii: "\"") else { return String(Substring(text)) }
        var bytes: [UInt8] = []
        var rest = text.dropFirst()
        while let byte = rest.popFirst(), byte != UInt8(ascii: "\"") {
            bytes.append(byte == UInt8(ascii: "\\") ? rest.popFirst() ?? byte : byte)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
