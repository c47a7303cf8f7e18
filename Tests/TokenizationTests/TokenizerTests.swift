import Foundation
import TestSupport
import Testing
import Tokenization

@Suite("Tokenizer")
struct TokenizerTests {
    @Test("Special ids follow from the vocabulary")
    func specialTokens() throws {
        let recorded = try RecordedTokens.load()
        let tokenizer = try makeTokenizer()
        #expect(tokenizer.vocabularySize == recorded.vocabularySize)
        #expect(tokenizer.totalVocabularySize == recorded.vocabularySize + 2)
        let special = (0..<tokenizer.totalVocabularySize).filter(tokenizer.specialTokens.contains)
        #expect(special == recorded.allSpecialIdentifiers)
    }

    @Test("Encodes every recorded text to the reference's ids and pieces")
    func encodesRecorded() throws {
        let tokenizer = try makeTokenizer()
        let recorded = try RecordedTokens.load()
        #expect(recorded.cases.count == 74)
        for item in recorded.cases {
            let ids = try tokenizer.encode(
                item.text,
                parsesSpecialTokens: true,
                addsBeginning: true
            )
            #expect(ids == item.ids, "\(item.text)")
            #expect(
                try tokenizer.encode(item.text, parsesSpecialTokens: true)
                    == item.idsWithoutSpecial,
                "\(item.text)"
            )
            let pieces = ids.map { tokenizer.piece(of: $0).map(scalars) }
            #expect(pieces == item.tokens.map(scalars), "\(item.text)")
        }
    }

    @Test("Decodes every recorded sequence, with and without special tokens")
    func decodesRecorded() throws {
        let tokenizer = try makeTokenizer()
        let recorded = try RecordedTokens.load()
        #expect(recorded.decodeCases.count == 12)
        let sequences =
            recorded.cases.map { ($0.ids, $0.decoded, $0.decodedSkipSpecial) }
            + recorded.decodeCases.map { ($0.ids, $0.decoded, $0.decodedSkipSpecial) }
        for (ids, decoded, skipping) in sequences {
            #expect(
                scalars(try tokenizer.decode(ids, skipsSpecialTokens: false)) == scalars(decoded),
                "\(ids)"
            )
            #expect(
                scalars(try tokenizer.decode(ids, skipsSpecialTokens: true)) == scalars(skipping),
                "\(ids)"
            )
        }
    }

    @Test(
        "Special tokens spelled out in plain text stay characters",
        arguments: ["<s>", "</s>", "<unk>", "<|image|>", "a <|beginofimage|><|image|> b", "x</s>y"]
    )
    func plainTextHasNoSpecialTokens(_ text: String) throws {
        let tokenizer = try makeTokenizer()
        let ids = try tokenizer.encode(text, parsesSpecialTokens: false)
        #expect(
            !ids.contains(where: {
                $0 != tokenizer.specialTokens.padding && tokenizer.specialTokens.contains($0)
            })
        )
        #expect(try tokenizer.decode(ids) == text)
        let parsed = try tokenizer.encode(text, parsesSpecialTokens: true)
        #expect(parsed.contains(where: tokenizer.specialTokens.contains))
    }

    @Test("Pieces and ids lead to each other; unknown ones to nothing")
    func findsPieces() throws {
        let tokenizer = try makeTokenizer()
        #expect(tokenizer.identifier(of: "<|image|>") == 601)
        #expect(tokenizer.identifier(of: "<s>") == 1)
        #expect(tokenizer.identifier(of: "<unk>") == 0)
        #expect(tokenizer.identifier(of: "▁a") == 260)
        #expect(tokenizer.identifier(of: "no such piece") == nil)
        #expect(tokenizer.piece(of: 602) == nil)
        #expect(tokenizer.piece(of: -1) == nil)
        #expect(tokenizer.piece(of: .max) == nil)
    }

    @Test("Refuses ids outside the vocabulary by name", arguments: [-1, 602, Int.max])
    func refusesUnknownIds(_ id: Int) throws {
        let tokenizer = try makeTokenizer()
        for skips in [true, false] {
            #expect { try tokenizer.decode([1, id], skipsSpecialTokens: skips) } throws: { error in
                let error = error as? TokenizationError
                return error?.kind == .unknownIdentifier && error?.detail.contains("\(id)") == true
            }
        }
    }

    @Test("White space around picture tokens goes as in Python, other characters stay")
    func stripsWhiteSpace() throws {
        let tokenizer = try makeTokenizer()
        let bare = try tokenizer.encode("a<|image|>b", parsesSpecialTokens: true)
        #expect(
            try tokenizer.encode(
                "a \t\u{a0}\u{2028}<|image|>\n\u{1f}\u{3000}b",
                parsesSpecialTokens: true
            ) == bare
        )
        #expect(try tokenizer.encode("a\u{200b}<|image|>b", parsesSpecialTokens: true) != bare)
    }

    @Test("Text with NUL, long runs and every plane comes back")
    func roundTripsOddText() throws {
        let tokenizer = try makeTokenizer()
        for text in [
            "a\0b", String(repeating: "x", count: 20_000), "\u{10ffff}\u{e000}\u{7f}\u{80}",
        ] {
            let ids = try tokenizer.encode(text, parsesSpecialTokens: false)
            #expect(scalars(try tokenizer.decode(ids)) == scalars(text))
        }
    }

    // MARK: - Hostile models

    private func loadingError(_ bytes: [UInt8]) -> TokenizationError? {
        do throws(TokenizationError) {
            _ = try Tokenizer(modelBytes: bytes)
            return nil
        } catch {
            return error
        }
    }

    @Test("Refuses an empty model, text and random bytes")
    func refusesOtherBytes() {
        #expect(loadingError([])?.kind != nil)
        #expect(loadingError(Array("{\"model\": \"bpe\"}".utf8))?.kind == .invalidModel)
        var random = SeededRandom(seed: 3)
        for count in [1, 10, 1000, 100_000] {
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            #expect(loadingError(bytes)?.kind == .invalidModel)
        }
    }

    @Test("A model cut anywhere loads completely or not at all")
    func refusesTruncation() throws {
        let bytes = try fixtureBytes("tokenizer.model")
        var refusedCount = 0
        for count in stride(from: 1, to: bytes.count, by: 37)
        where loadingError(Array(bytes[..<count])) != nil {
            refusedCount += 1
        }
        #expect(refusedCount > bytes.count / 37 / 2)
    }

    @Test("A damaged model never crashes")
    func survivesMutation() throws {
        let bytes = try fixtureBytes("tokenizer.model")
        var random = SeededRandom(seed: 17)
        var refusedCount = 0
        for _ in 0..<300 {
            do throws(TokenizationError) {
                let tokenizer = try Tokenizer(modelBytes: mutated(bytes, using: &random))
                let ids = try tokenizer.encode("A kitchen é <|image|>", parsesSpecialTokens: true)
                _ = try tokenizer.decode(ids)
            } catch {
                refusedCount += 1
            }
        }
        #expect(refusedCount > 50)
    }

    @Test("A file that is not there or is a directory is named")
    func refusesPaths() throws {
        let directory = try TemporaryDirectory()
        for path in [directory.path, directory.path + "absent"] {
            #expect { _ = try Tokenizer(modelPath: path) } throws: { error in
                let error = error as? TokenizationError
                return error?.kind == .unreadableFile && error?.detail.contains(path) == true
            }
        }
        let path = try directory.write(try fixtureBytes("tokenizer.model"), to: "tokenizer.model")
        #expect(try Tokenizer(modelPath: path).vocabularySize == 600)
    }
}
