import TestSupport
import Testing

@testable import Tokenization

@Suite("Long texts")
struct LongTextTests {
    @Test("A text that is cut into stretches has the ids of the whole")
    func cutsExactly() throws {
        let tokenizer = try makeTokenizer()
        #expect(tokenizer.model.isCutAtSpaces)
        var random = SeededRandom(seed: 3)
        let parts = [
            "a", "large", "yellow", "star", " ", "  ", " ", " ", ",", "\n", "\t", "中文", "é",
            "\u{2581}",
            "e\u{301}", "🙂", "...", "0x1F", "<s>", "\u{a0}", "\u{3000}", "-", "word",
        ]
        for _ in 0..<40 {
            var text = ""
            let count = Int.random(in: 2000..<9000, using: &random)
            while text.utf8.count < count {
                text += parts[Int.random(in: 0..<parts.count, using: &random)]
            }
            let whole = try tokenizer.model.encode(Array(text.utf8)[...])
            #expect(try tokenizer.encode(text, parsesSpecialTokens: false) == whole)
        }
    }

    @Test("Spaces at the ends and nothing but spaces are cut exactly")
    func cutsSpaces() throws {
        let tokenizer = try makeTokenizer()
        let long = String(repeating: "word ", count: 1000)
        for text in [
            long, " " + long, long + " ", String(repeating: " ", count: 5000),
            String(repeating: "x", count: 5000), String(repeating: "x", count: 5000) + " ",
            String(repeating: "  y", count: 2000),
        ] {
            let whole = try tokenizer.model.encode(Array(text.utf8)[...])
            #expect(try tokenizer.encode(text, parsesSpecialTokens: false) == whole)
        }
    }
}
