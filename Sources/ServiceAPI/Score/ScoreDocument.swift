package import Engine
package import JSON

extension ScoreCall {
    /// A whole answer: the options in the order of the request, and which is the most likely.
    ///
    /// - Parameters:
    ///   - id: Name of the answer.
    ///   - created: Seconds since 1970.
    ///   - model: Name of the model.
    ///   - scores: Of the options, in the order of the request.
    /// - Returns: The document.
    package func document(id: String, created: Int, model: String, scores: Scores) -> JSON {
        let options = zip(request.options, scores.options).enumerated().map { index, pair in
            let (text, score) = pair
            return JSON.members([
                "index": .integer(index), "option": .string(text),
                "logprob": .float(score.logProbability),
                "token_logprobs": .array(score.tokenLogProbabilities.map { .float($0) }),
                "tokens": .array(score.tokens.map { .integer($0) }),
            ])
        }
        return [
            "id": .string(id), "object": "score", "created": .integer(created),
            "model": .string(model), "scores": .array(options),
            "best": scores.bestIndex.map { .integer($0) } ?? .null,
            "usage": [
                "prompt_tokens": .integer(scores.promptTokenCount),
                "option_tokens": .integer(scores.options.reduce(0) { $0 + $1.tokens.count }),
            ],
        ]
    }
}

extension Scores {
    /// The option with the largest sum of log-probabilities; the first of equals.
    package var bestIndex: Int? {
        options.indices.max { first, second in
            let (a, b) = (options[first].logProbability, options[second].logProbability)
            return a == b ? first > second : a < b
        }
    }
}
