import TestSupport
import Testing
import Tokenization

@Suite("Streaming detokenizer")
struct StreamingDetokenizerTests {
    /// All deltas of a sequence, the last one from `finish()`.
    private func deltas(_ ids: [Int], _ tokenizer: Tokenizer) throws -> [String] {
        var stream = StreamingDetokenizer(tokenizer: tokenizer)
        var deltas: [String] = []
        for id in ids { deltas.append(try stream.append(id)) }
        return deltas + [stream.finish()]
    }

    @Test("Deltas of recorded sequences join to the reference's text")
    func joinsRecorded() throws {
        let tokenizer = try makeTokenizer()
        let recorded = try RecordedTokens.load()
        let sequences =
            recorded.cases.map { ($0.ids, $0.decodedSkipSpecial) }
            + recorded.decodeCases.map { ($0.ids, $0.decodedSkipSpecial) }
        for (ids, text) in sequences {
            #expect(scalars(try deltas(ids, tokenizer).joined()) == scalars(text), "\(ids)")
        }
    }

    @Test(
        "Deltas of random sequences join to the full decode, and each is a prefix of what follows",
        arguments: [0..<602, 3..<259, 515..<530, 131..<259]
    )
    func joinsRandom(_ range: Range<Int>) throws {
        let tokenizer = try makeTokenizer()
        var random = SeededRandom(seed: UInt64(range.lowerBound))
        for _ in 0..<300 {
            let count = Int.random(in: 0...24, using: &random)
            var ids = (0..<count).map { _ in Int.random(in: range, using: &random) }
            // Leading spaces are the delicate part.
            ids.insert(
                contentsOf: Array(repeating: 523, count: Int.random(in: 0...3, using: &random)),
                at: 0
            )
            let full = scalars(try tokenizer.decode(ids))
            #expect(scalars(try deltas(ids, tokenizer).joined()) == full, "\(ids)")
        }
    }

    @Test("A character of several bytes comes out once, with its last byte")
    func holdsBytes() throws {
        let tokenizer = try makeTokenizer()
        // Byte pieces start at id 3: the grinning face is F0 9F 98 80.
        let ids = [0xf0, 0x9f, 0x98, 0x80].map { $0 + 3 }
        #expect(try deltas([260] + ids + [543], tokenizer) == ["a", "", "", "", "😀", "b", ""])
        #expect(
            try deltas([260] + ids.dropLast() + [543], tokenizer) == [
                "a", "", "", "", "\u{fffd}\u{fffd}\u{fffd}b", "",
            ]
        )
        #expect(
            try deltas([260] + ids.dropLast(2), tokenizer) == ["a", "", "", "\u{fffd}\u{fffd}"]
        )
    }

    @Test("Special tokens add nothing, also between the bytes of a character")
    func skipsSpecial() throws {
        let tokenizer = try makeTokenizer()
        let ids = [1, 260, 0xc3 + 3, 600, 601, 0xa9 + 3, 599, 2]
        #expect(try deltas(ids, tokenizer).joined() == "aé")
        #expect(try tokenizer.decode(ids) == "aé")
    }

    @Test("Refuses an id outside the vocabulary", arguments: [-1, 602])
    func refusesUnknownIds(_ id: Int) throws {
        var stream = StreamingDetokenizer(tokenizer: try makeTokenizer())
        #expect { _ = try stream.append(id) } throws: {
            ($0 as? TokenizationError)?.kind == .unknownIdentifier
        }
    }
}
