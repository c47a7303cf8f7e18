internal import Images
internal import JSON
internal import MMInterleaved

extension Limits {
    /// What the parameters of a request may be, in the words of JSON Schema: what ``InterleaveCall`` takes and no more.
    func ranges(of model: ModelConfiguration) -> JSON {
        let steps = min(maximumStepCount, model.imageDecoder.scheduler.trainingStepCount)
        return [
            "max_segments": range(1...maximumSegmentCount),
            "seed": ["type": "integer", "minimum": .integer(0), "maximum": .unsigned(.max)],
            "timeout_ms": range(1...Int(maximumTimeout / .milliseconds(1))),
            "text": [
                "max_tokens": range(1...maximumTokenCount),
                "min_tokens": range(0...maximumTokenCount),
                "temperature": range(GenerationRange.temperature),
                "top_p": range(GenerationRange.topP),
                "top_k": range(GenerationRange.topK),
                "min_p": range(GenerationRange.minP),
                "repetition_penalty": range(GenerationRange.repetitionPenalty),
                "num_beams": range(1...maximumBeamCount),
                "length_penalty": range(GenerationRange.lengthPenalty),
                "n": range(1...maximumTextCount),
                "top_logprobs": range(0...maximumAlternativeCount),
            ],
            "image": [
                "n": range(1...maximumPictureCount),
                "steps": range(1...steps),
                "guidance_scale": range(GenerationRange.guidanceScale),
                "scheduler": choice(of: DiffusionMethod.self),
                "format": choice(of: ImageFormat.self),
                "preview_every": range(0...steps),
            ],
        ]
    }

    private func range(_ range: ClosedRange<Int>) -> JSON {
        [
            "type": "integer", "minimum": .integer(range.lowerBound),
            "maximum": .integer(range.upperBound),
        ]
    }

    private func range(_ range: ClosedRange<Double>) -> JSON {
        [
            "type": "number", "minimum": .double(range.lowerBound),
            "maximum": .double(range.upperBound),
        ]
    }

    private func choice<Choice: RawRepresentable & CaseIterable>(of: Choice.Type) -> JSON
    where Choice.RawValue == String {
        ["type": "string", "enum": .array(Choice.allCases.map { .string($0.rawValue) })]
    }
}
