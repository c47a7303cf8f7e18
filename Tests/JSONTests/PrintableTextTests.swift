import JSON
import Testing

@Suite("Text from outside, for messages")
struct PrintableTextTests {
    @Test(
        "What is not to be seen is named: control characters, marks of direction, line separators",
        arguments: [
            ("", ""), ("a ü 画 🎈 \u{301}", "a ü 画 🎈 \u{301}"), ("a\r\nb", "a\\u{D}\\u{A}b"),
            ("\u{9B}1m", "\\u{9B}1m"), ("\u{7F}", "\\u{7F}"), ("\u{202E}a", "\\u{202E}a"),
            ("\u{2028}\u{2029}", "\\u{2028}\\u{2029}"), ("\u{FEFF}", "\\u{FEFF}"),
        ]
    )
    func names(text: String, expected: String) {
        #expect(printable(text) == expected)
        #expect(quoted(text) == "\"\(expected)\"")
    }

    @Test("A long text is told by its beginning")
    func bounds() {
        let text = String(repeating: "a", count: 65)
        #expect(printable(text) == text.dropLast() + "...")
        #expect(printable(text.dropLast()) == text.dropLast())
        #expect(printable(text, maximum: 1) == "a...")
    }
}
