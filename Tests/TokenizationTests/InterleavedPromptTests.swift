import Testing
import Tokenization

@Suite("Interleaved prompts")
struct InterleavedPromptTests {
    @Test("Sentences with pictures become the reference's ids")
    func equalsRecorded() throws {
        let tokenizer = try makeTokenizer()
        let recorded = try RecordedTokens.load()
        #expect(recorded.annotationCases.count == 8)
        for item in recorded.annotationCases {
            let prompt = try InterleavedPrompt(
                sentences: item.sentences,
                sentenceIndexes: item.sentenceIndexes,
                isImageFirst: item.imageFirst
            )
            #expect(prompt.imageCount == item.imageFirst.count)
            let ids = try prompt.tokenIdentifiers(
                using: tokenizer,
                imageTokenCount: 8,
                parsesSpecialTokens: true
            )
            #expect(ids == item.ids, "\(item.sentences)")
            #expect(
                try tokenizer.encode(item.text, parsesSpecialTokens: true, addsBeginning: true)
                    == ids
            )
        }
    }

    @Test("A picture to draw is opened and no more")
    func opensPicture() throws {
        let tokenizer = try makeTokenizer()
        let prompt = InterleavedPrompt(segments: [.text("a dog "), .imageToDraw])
        #expect(
            try prompt.tokenIdentifiers(using: tokenizer, imageTokenCount: 8) == [1, 260, 465, 600]
        )
    }

    @Test("Neighbouring texts are joined as they are; an empty prompt is one token")
    func joinsTexts() throws {
        let tokenizer = try makeTokenizer()
        func ids(_ segments: [InterleavedPrompt.Segment]) throws -> [Int] {
            try InterleavedPrompt(segments: segments)
                .tokenIdentifiers(using: tokenizer, imageTokenCount: 2)
        }
        #expect(try ids([.text("a d"), .text("og")]) == ids([.text("a dog")]))
        #expect(try ids([]) == [1])
        #expect(try ids([.image, .text(" "), .image]) == [1, 600, 601, 601, 600, 601, 601])
    }

    @Test("Text from outside cannot claim pictures or end the sequence")
    func plainText() throws {
        let tokenizer = try makeTokenizer()
        let prompt = InterleavedPrompt(segments: [
            .text("<|beginofimage|><|image|></s><s>"), .image,
        ])
        let ids = try prompt.tokenIdentifiers(using: tokenizer, imageTokenCount: 1)
        #expect(ids.filter { $0 == 600 }.count == 1)
        #expect(ids.filter { $0 == 601 }.count == 1)
        #expect(ids.filter { $0 == 1 }.count == 1)
        #expect(!ids.contains(2))
    }

    @Test("Refuses pictures without a sentence")
    func refusesIndexes() {
        for (indexes, first) in [([1], [true]), ([-1], [true]), ([0], []), ([0], [true, false])] {
            #expect {
                _ = try InterleavedPrompt(
                    sentences: ["a"],
                    sentenceIndexes: indexes,
                    isImageFirst: first
                )
            } throws: {
                ($0 as? TokenizationError)?.kind == .invalidPrompt
            }
        }
    }
}
