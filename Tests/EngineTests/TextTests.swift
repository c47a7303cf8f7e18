import Foundation
import Engine
import MMInterleaved
import ModelTestSupport
import Tensors
import Testing
import Tokenization

private let vocabulary = TinyModel.configuration.vocabulary
private let goesOn = [vocabulary.endOfSequence: Float(-60), vocabulary.beginOfImage: Float(-60)]

@Suite("Text answers")
struct TextTests {
    /// Text and tokens of a one-segment answer, and its events.
    private func answer(
        _ runner: RequestRunner,
        _ change: (inout InterleaveRequest) -> Void
    ) throws -> (choice: TextSegment.Choice, events: [EngineEvent]) {
        let events = try runner.events(change)
        return (try #require(events.segments.first?.text?.choices.first), events)
    }

    @Test("Streamed pieces together are the text", arguments: 0..<6 as Range<UInt64>)
    func streaming(seed: UInt64) throws {
        let runner = try RequestRunner(biases: goesOn)
        let (choice, events) = try answer(runner) {
            $0.seed = seed
            // Bytes that are no characters on their own are the hard part.
            $0.text.topP = 1
            $0.text.topK = 0
            $0.text.maximumTokenCount = 40
        }
        #expect(choice.tokens.count == 40)
        #expect(Array(events.streamedText(index: 0).utf8) == Array(choice.text.utf8))
        let decoded = try TinyModel.tokenizer().decode(choice.tokens)
        #expect(Array(choice.text.utf8) == Array(decoded.utf8))
    }

    @Test("A stop text ends the answer before it, wherever the tokens cut it")
    func stop() throws {
        let runner = try RequestRunner(biases: goesOn)
        func settings(_ request: inout InterleaveRequest) {
            request.text.maximumTokenCount = 24
            request.seed = 5
        }
        let whole = try answer(runner) { settings(&$0) }.choice.text
        let characters = Array(whole.unicodeScalars)
        try #require(characters.count > 12)
        for start in 2..<8 {
            for length in 1...4 {
                var stop = ""
                stop.unicodeScalars.append(contentsOf: characters[start..<start + length])
                let (choice, events) = try answer(runner) {
                    settings(&$0)
                    $0.text.stop = ["never said", stop]
                }
                let expected = whole.range(of: stop).map { String(whole[..<$0.lowerBound]) }
                guard let expected else { continue }
                #expect(choice.text == expected)
                #expect(choice.finishReason == .stop)
                #expect(events.streamedText(index: 0) == expected)
            }
        }
    }

    @Test("The same seed gives the same answer, with any number of workers, alone or not")
    func seeds() throws {
        func tokens(_ runner: RequestRunner, seed: UInt64) throws -> [Int] {
            try answer(runner) {
                $0.seed = seed
                $0.text.topP = 1
            }.choice.tokens
        }
        let one = try RequestRunner(biases: goesOn, workerCount: 1)
        let three = try RequestRunner(biases: goesOn, workerCount: 3)
        let expected = try tokens(one, seed: 1)
        #expect(try tokens(three, seed: 1) == expected)
        #expect(try tokens(one, seed: 1) == expected)
        #expect(try tokens(one, seed: 2) != expected)
        let many = try (0..<4 as Range<UInt64>).map { seed in
            try one.submit(
                RequestRunner.request {
                    $0.seed = seed
                    $0.text.topP = 1
                }
            )
        }
        #expect(many[1].wait().segments.first?.text?.choices.first?.tokens == expected)
    }

    @Test("Several texts of one prompt differ, and each has a seed that alone gives the same text")
    func several() throws {
        let runner = try RequestRunner(biases: goesOn)
        func choices(seed: UInt64, count: Int) throws -> [TextSegment.Choice] {
            let events = try runner.events {
                $0.text.sequenceCount = count
                $0.text.topP = 1
                $0.seed = seed
            }
            return try #require(events.segments.first?.text?.choices)
        }
        let three = try choices(seed: 10, count: 3)
        #expect(Set(three.map(\.tokens)).count == 3)
        for choice in three {
            let seed = try #require(choice.seed)
            #expect(seed < 1 << 53)
            #expect(try choices(seed: seed, count: 1)[0].tokens == choice.tokens)
        }
        // Requests with seeds that follow one another have no choice in common.
        let next = try choices(seed: 11, count: 3)
        #expect(Set((three + next).map(\.tokens)).count == 6)
        #expect(Set((three + next).compactMap(\.seed)).count == 6)
    }

    @Test("A stop text that comes before the least number of tokens ends nothing")
    func stopAfterMinimum() throws {
        let runner = try RequestRunner(biases: goesOn)
        func settings(_ request: inout InterleaveRequest) {
            request.text.maximumTokenCount = 24
            request.seed = 5
        }
        let whole = try answer(runner) { settings(&$0) }.choice
        for minimum in [1, 5, 9, 24] {
            for character in Set(whole.text.unicodeScalars.filter { $0 != "\u{fffd}" }) {
                let stop = String(Character(character))
                let (choice, events) = try answer(runner) {
                    settings(&$0)
                    $0.text.minimumTokenCount = minimum
                    $0.text.stop = [stop]
                }
                #expect(choice.tokens.count >= minimum)
                #expect(events.streamedText(index: 0) == choice.text)
                #expect(whole.text.hasPrefix(choice.text))
                guard choice.finishReason == .stop else { continue }
                let rest = whole.text.dropFirst(choice.text.count)
                #expect(rest.hasPrefix(stop))
            }
        }
    }

    @Test("The token that ends a text is counted and has its log-probability")
    func countsEnd() throws {
        for end in [vocabulary.endOfSequence, vocabulary.beginOfImage] {
            let runner = try RequestRunner(biases: [end: 60])
            let (segments, completion) = try runner.answer {
                $0.text.minimumTokenCount = 3
                $0.text.logProbabilityCount = 0
            }
            let choice = try #require(segments.first?.text?.choices.first)
            #expect(choice.finishReason == .stop)
            #expect(choice.tokens.count == 3)
            #expect(choice.tokenCount == 4)
            #expect(completion.usage.completionTokenCount == 4)
            #expect(choice.logProbabilities?.map(\.token) == choice.tokens + [end])
            // With as many tokens as are allowed there is no end.
            let short = try runner.answer {
                $0.text.minimumTokenCount = 3
                $0.text.maximumTokenCount = 3
            }
            #expect(short.completion.finishReason == .length)
            #expect(short.completion.usage.completionTokenCount == 3)
        }
    }

    @Test("A beam that has reached a stop text is finished")
    func stopsBeams() throws {
        let runner = try RequestRunner(biases: goesOn)
        func best(_ stop: [String], minimum: Int = 0) throws -> TextSegment.Choice {
            try answer(runner) {
                $0.text.beamCount = 3
                $0.text.maximumTokenCount = 20
                $0.text.minimumTokenCount = minimum
                $0.text.stop = stop
            }.choice
        }
        let whole = try best([])
        #expect(whole.tokens.count == 20)
        var hitCount = 0
        for scalar in Set(whole.text.unicodeScalars.filter { $0 != "\u{fffd}" }) {
            let stop = String(Character(scalar))
            let choice = try best([stop])
            #expect(!choice.text.contains(stop))
            if choice.finishReason == .stop {
                hitCount += 1
                // The stop is in what the last token added.
                let before = try TinyModel.tokenizer().decode(Array(choice.tokens.dropLast()))
                #expect(!before.contains(stop))
            }
            let late = try best([stop], minimum: 10)
            #expect(late.tokens.count >= 10)
        }
        #expect(hitCount > 0)
    }

    @Test("Beam search finds a text at least as likely as the greedy one")
    func beams() throws {
        let runner = try RequestRunner(biases: goesOn)
        let greedy = try answer(runner) { $0.text.temperature = 0 }.choice
        let beams = try runner.events {
            $0.text.beamCount = 4
            $0.text.sequenceCount = 2
        }
        let choices = try #require(beams.segments.first?.text?.choices)
        #expect(choices.count == 2)
        #expect(choices[0].tokens != choices[1].tokens)
        #expect(try score(runner, choices[0].tokens) >= score(runner, greedy.tokens) - 1e-3)
        #expect(try score(runner, choices[0].tokens) >= score(runner, choices[1].tokens) - 1e-3)
    }

    @Test("Beam search leaves the sequence fit for what follows")
    func beamsInterleaved() throws {
        let opens = [vocabulary.beginOfImage: Float(60)]
        let (segments, _) = try RequestRunner(biases: opens).answer {
            $0.mode = .interleave
            $0.maximumSegmentCount = 3
            $0.text.beamCount = 2
            $0.text.minimumTokenCount = 2
        }
        #expect(segments.map { $0.text != nil } == [true, false, true])
    }

    /// Log-probability of tokens after the runner's prompt, by the engine's own log-probabilities.
    private func score(_ runner: RequestRunner, _ tokens: [Int]) throws -> Float {
        let model = try TinyModel.make(biases: goesOn)
        let tokenizer = try TinyModel.tokenizer()
        let prompt = try tokenizer.encode("a dog", parsesSpecialTokens: false, addsBeginning: true)
        let compute = Compute(workerCount: 1)
        let sequence = model.language.makeSequence()
        model.language.extend(sequence, with: (prompt + tokens).map { .token($0) }, compute)
        return model.language.logProbabilities(ofLast: tokens, in: sequence, compute).reduce(0, +)
    }

    @Test("Log-probabilities are logarithms of probabilities, one per token")
    func logProbabilities() throws {
        let runner = try RequestRunner(biases: goesOn)
        let choice = try answer(runner) {
            $0.text.temperature = 0
            $0.text.logProbabilityCount = vocabulary.size
        }.choice
        let all = try #require(choice.logProbabilities)
        #expect(all.map(\.token) == choice.tokens)
        for position in all {
            let sum = position.alternatives.reduce(0) { $0 + exp(Double($1.logProbability)) }
            #expect(abs(sum - 1) < 1e-4)
            #expect(position.alternatives.first?.token == position.token)
            #expect(position.alternatives.first?.logProbability == position.logProbability)
        }
        let total = all.reduce(0) { $0 + $1.logProbability }
        #expect(abs(total - (try score(runner, choice.tokens))) < 1e-3)
        #expect(try answer(runner) { _ in }.choice.logProbabilities == nil)
    }

    @Test("Scores of options are those of the model, and sum per option")
    func scores() throws {
        let runner = try RequestRunner(biases: goesOn)
        let options = ["cat", "a dog", ""]
        let events = Answers<Result<Scores, EngineError>>()
        _ = try runner.engine.submit(
            ScoreRequest(input: [.text("a dog")], options: options)
        ) { events.take($0) }
        let scores = try events.first().get()
        #expect(scores.options.count == 3)
        for (option, text) in zip(scores.options, options) {
            #expect(try TinyModel.tokenizer().decode(option.tokens) == text)
            #expect(option.tokenLogProbabilities.count == option.tokens.count)
            #expect(option.tokenLogProbabilities.reduce(0, +) == option.logProbability)
            #expect(abs(option.logProbability - (try score(runner, option.tokens))) < 1e-4)
        }
        #expect(scores.options[2].logProbability == 0)
    }
}
