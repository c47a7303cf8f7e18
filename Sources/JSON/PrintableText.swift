// Text from outside, for messages and logs: bounded, and without characters that could change what stands around it.

/// The beginning of a text, in which what is not to be seen is named: control characters, those that turn the direction of
/// writing, line separators.
///
/// - Parameters:
///   - text: The text.
///   - maximum: Most characters of it.
/// - Returns: The characters, `\u{202E}` and the like for each that is not to be seen, `...` if there are more.
package func printable(_ text: some StringProtocol, maximum: Int = 64) -> String {
    var shown = ""
    for scalar in text.unicodeScalars.prefix(maximum) {
        if isVisible(scalar) {
            shown.unicodeScalars.append(scalar)
        } else {
            shown += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
        }
    }
    return text.unicodeScalars.dropFirst(maximum).isEmpty ? shown : shown + "..."
}

/// The same in quotes.
package func quoted(_ text: some StringProtocol) -> String { "\"\(printable(text))\"" }

private func isVisible(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .unassigned, .privateUse: false
    default: true
    }
}
