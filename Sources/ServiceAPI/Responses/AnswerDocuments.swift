package import Engine
internal import Images
package import JSON
internal import MMInterleaved
internal import Scheduling

extension InterleaveCall {
    /// The effective parameters: those that had a say in the answer.
    package var parameters: JSON {
        let (text, picture) = (request.text, request.picture)
        let isSampling = text.beamCount == 1
        let words = JSON.members([
            "max_tokens": .integer(text.maximumTokenCount),
            "min_tokens": .integer(text.minimumTokenCount),
            "temperature": isSampling ? .float(text.temperature) : nil,
            "top_p": isSampling ? .float(text.topP) : nil,
            "top_k": isSampling ? .integer(text.topK) : nil,
            "min_p": isSampling ? .float(text.minP) : nil,
            "repetition_penalty": .float(text.repetitionPenalty),
            "num_beams": .integer(text.beamCount),
            "length_penalty": isSampling ? nil : .float(text.lengthPenalty),
            "n": .integer(text.sequenceCount),
            "stop": .array(text.stop.map { .string($0) }),
            "logprobs": .bool(text.logProbabilityCount != nil),
            "top_logprobs": text.logProbabilityCount.map { .integer($0) },
        ])
        let pictures = JSON.members([
            "n": .integer(picture.count),
            "steps": .integer(picture.stepCount),
            "guidance_scale": .float(picture.guidanceScale),
            "scheduler": .string(picture.method.rawValue),
            "format": .string(imageFormat.rawValue),
            "delivery": imageDelivery == .whole ? nil : .string(imageDelivery.rawValue),
            "preview_every": .integer(picture.previewInterval),
        ])
        let isInterleaved = request.mode == .interleave
        return .members([
            "mode": .string(request.mode.rawValue),
            "force": request.force.map { .string($0.rawValue) },
            "max_segments": isInterleaved ? .integer(request.maximumSegmentCount) : nil,
            "text": request.mode == .image ? nil : words,
            "image": request.mode == .text ? nil : pictures,
            "seed": .unsigned(request.seed),
            "timeout_ms": request.timeout.map { .integer(Int($0 / .milliseconds(1))) },
            "priority": .string(request.priority.rawValue),
        ])
    }

    /// A whole answer.
    ///
    /// - `created`: Seconds since 1970.
    package func document(
        id: String,
        created: Int,
        model: String,
        segments: [JSON],
        completion: Completion
    ) -> JSON {
        [
            "id": .string(id), "object": "interleave", "created": .integer(created),
            "model": .string(model), "segments": .array(segments),
            "finish_reason": .string(completion.finishReason.rawValue),
            "usage": completion.usage.json, "timings": completion.timings.json,
            "parameters": parameters,
        ]
    }
}

extension ScoreCall {
    /// A whole answer: the options in the order of the request, and which is the most likely.
    ///
    /// - `created`: Seconds since 1970.
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

extension Usage {
    /// The `usage` object.
    package var json: JSON {
        [
            "prompt_tokens": .integer(promptTokenCount),
            "completion_tokens": .integer(completionTokenCount),
            "total_tokens": .integer(promptTokenCount + completionTokenCount),
            "computed_tokens": .integer(computedTokenCount),
            "cached_tokens": .integer(cachedTokenCount),
            "input_images": .integer(inputImageCount),
            "output_images": .integer(outputImageCount),
            "encoded_images": .integer(encodedImageCount),
            "denoising_steps": .integer(stepCount),
        ]
    }
}

extension Timings {
    private var stages: [(name: String, duration: Duration)] {
        [
            ("queue", queued), ("decode", decoded), ("encode", encoded), ("prefill", prefilled),
            ("generate", generated), ("denoise", denoised), ("render", rendered), ("total", total),
        ]
    }

    /// The `timings` object, in milliseconds.
    package var json: JSON {
        .object(stages.map { ("\($0.name)_ms", .double($0.duration.milliseconds)) })
    }

    /// The value of a Server-Timing field (W3C Server Timing).
    var serverTiming: String {
        stages.map { "\($0.name);dur=\($0.duration.milliseconds)" }.joined(separator: ", ")
    }
}

extension Duration {
    /// Milliseconds, rounded to microseconds.
    var milliseconds: Double { ((self / .microseconds(1)).rounded()) / 1000 }
}
