package import Engine
package import JSON

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
