import MMInterleaved
import ModelTestSupport
import Tensors
import TestSupport
import Testing
import Tokenization

@testable import Engine

@Suite struct ScoreTests {
    @Test("A long option is scored in pieces, each token as if all were computed at once")
    func pieces() throws {
        let tokenizer = try TinyModel.tokenizer()
        var text = "cat"
        while try tokenizer.encode(text, parsesSpecialTokens: false).count
            <= ScoreSession.pieceSize + 8
        { text += "a" }
        let runner = try RequestRunner()
        let answers = Answers<Result<Scores, EngineError>>()
        let request = ScoreRequest(input: [.text("a dog")], options: ["dog", text])
        _ = try runner.engine.submit(request) { answers.take($0) }
        let scores = try answers.first().get()
        let prompt =
            try [TinyModel.configuration.vocabulary.beginOfSequence]
            + tokenizer.encode("a dog", parsesSpecialTokens: false)
        try #require(prompt.count == scores.promptTokenCount)
        let (model, compute) = (try TinyModel.make(), Compute(workerCount: 1))
        for option in scores.options {
            let sequence = model.language.makeSequence()
            let tokens = (prompt + option.tokens).map { SequenceElement.token($0) }
            model.language.extend(sequence, with: tokens, compute)
            let expected = model.language.logProbabilities(
                ofLast: option.tokens,
                in: sequence,
                compute
            )
            #expect(option.tokenLogProbabilities == expected)
        }
    }
}
