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

    @Test("Several texts of one prompt differ and have the seeds that follow")
    func several() throws {
        let runner = try RequestRunner(biases: goesOn)
        let events = try runner.events {
            $0.text.sequenceCount = 3
            $0.text.topP = 1
            $0.seed = 10
        }
        let choices = try #require(events.segments.first?.text?.choices)
        #expect(Set(choices.map(\.tokens)).count == 3)
        let alone = try answer(runner) {
            $0.text.topP = 1
            $0.seed = 11
        }
        #expect(alone.choice.tokens == choices[1].tokens)
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
        model.language.extend(sequence, with: prompt.map { .token($0) }, compute)
        let scores = try model.language.score(options: [tokens], after: sequence, compute)
        return scores[0].reduce(0, +)
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
