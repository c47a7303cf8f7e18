import ModelTestSupport
import Tensors
import Testing

@testable import MMInterleaved

@Suite("Prompt lookup")
struct PromptLookupTests {
    @Test("What followed the latest place like the end is the guess, three elements before two")
    func finds() {
        let sequence = [1, 2, 3, 4, 9, 2, 3, 5, 1, 2, 3]
        #expect(PromptLookup.continuation(of: sequence, count: 3) == [4, 9, 2])
        #expect(PromptLookup.continuation(of: Array(sequence.dropFirst()), count: 2) == [5, 1])
    }

    @Test("What repeats itself is guessed to go on, beyond what is known")
    func repeats() {
        #expect(PromptLookup.continuation(of: [7, 7, 7], count: 4) == [7, 7, 7, 7])
        #expect(PromptLookup.continuation(of: [1, 2, 1, 2, 1], count: 5) == [2, 1, 2, 1, 2])
    }

    @Test("Without such a place there is no guess")
    func findsNothing() {
        #expect(PromptLookup.continuation(of: [Int](), count: 3).isEmpty)
        #expect(PromptLookup.continuation(of: [1, 2, 3, 4], count: 3).isEmpty)
        #expect(PromptLookup.continuation(of: [1, 2, 3, 2], count: 3).isEmpty)
        #expect(PromptLookup.continuation(of: [5, 5, 5, 5], count: 0).isEmpty)
    }

    @Test("A draft of a sequence ends before pictures and tokens that end a text")
    func endsBeforePictures() throws {
        let model = try TinyModel.make()
        let sequence = model.language.makeSequence()
        let image = model.encode([TinyModel.pixels(seed: 1)], Compute(workerCount: 1))[0]
        for token in [5, 6, 7] { sequence.append(token: token) }
        sequence.append(image)
        for token in [8, 9, 2, 5, 6] { sequence.append(token: token) }
        #expect(sequence.draft(count: 5, before: [2]) == [7])
        for token in [20, 8, 9] { sequence.append(token: token) }
        #expect(sequence.draft(count: 5, before: [2]).isEmpty)
        #expect(sequence.draft(count: 5, before: []) == [2, 5, 6, 20, 8])
    }
}
