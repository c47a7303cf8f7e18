internal import Engine
internal import JSON
internal import Scheduling

extension Completion {
    /// The `explain` object: where the time went, and what was found computed.
    var explanationJSON: JSON {
        let elapsed: [Stage: Duration] = [
            .encode: timings.encoded, .language: timings.prefilled + timings.generated,
            .denoise: timings.denoised, .render: timings.rendered,
        ]
        let stages = Stage.allCases.compactMap { stage -> JSON? in
            guard let share = explanation.shares[stage] else { return nil }
            return [
                "stage": .string(stage.rawValue), "steps": .integer(share.stepCount),
                "units": .integer(share.unitCount), "batch_units": .integer(share.batchUnitCount),
                "computed_ms": .double(share.duration.milliseconds),
                "elapsed_ms": .double((elapsed[stage] ?? .zero).milliseconds),
            ]
        }
        return [
            "stages": .array(stages),
            "images": .array(explanation.images.map { .string($0.rawValue) }),
            "cached_tokens": .integer(usage.cachedTokenCount),
            "computed_tokens": .integer(usage.computedTokenCount),
        ]
    }
}
