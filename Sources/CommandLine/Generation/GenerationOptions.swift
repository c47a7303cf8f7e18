import ArgumentParser
import Engine
import JSON
import MMInterleaved

/// Settings of an answer; in brackets the reference's names, of its `generation_kwargs` and switches.
struct GenerationOptions: ParsableArguments {
    @Option(help: "What comes back: text, image or interleave.")
    var mode: String?

    @Option(help: "Template of the model that words the input, such as caption.")
    var template: String?

    @Flag(help: "Draw a picture after every text (force_gen_image_next).")
    var forceImage = false

    @Flag(help: "Stop when the model ends a text (auto_end).")
    var autoEnd = false

    @Option(help: "Seed of words and pictures (sd_base_seed).")
    var seed: UInt64?

    @Option(help: "Most new tokens of a text (max_length).")
    var maxTokens: Int?

    @Option(help: "New tokens before which a text may not end (min_length, less one).")
    var minTokens: Int?

    @Option(help: "Beams (num_beams).")
    var beams: Int?

    @Option(
        help: "Divisor of the logits; 0 takes the most likely token (use_nucleus_sampling: false)."
    )
    var temperature: Float?

    @Option(help: "Mass of the tokens that are kept (top_p).")
    var topP: Float?

    @Option(help: "Penalty of repeated tokens (repetition_penalty).")
    var repetitionPenalty: Float?

    @Option(help: "Denoising steps (num_inference_steps).")
    var steps: Int?

    @Option(help: "Strength of guidance (guidance_scale).")
    var guidanceScale: Float?

    func validate() throws {
        try require("--max-tokens", maxTokens, in: GenerationRange.tokenCount)
        try require("--min-tokens", minTokens, in: 0...GenerationRange.tokenCount.upperBound)
        try require("--beams", beams, in: GenerationRange.beamCount)
        try require("--steps", steps, in: GenerationRange.stepCount)
        for (flag, value, range) in [
            ("--temperature", temperature, GenerationRange.temperature),
            ("--top-p", topP, GenerationRange.topP),
            ("--repetition-penalty", repetitionPenalty, GenerationRange.repetitionPenalty),
            ("--guidance-scale", guidanceScale, GenerationRange.guidanceScale),
        ] {
            try require(flag, value, in: range.inSinglePrecision)
        }
    }

    /// The settings of the reference's rounds.
    ///
    /// - Throws: `ValidationError` that names the flag at fault.
    func annotationSettings(_ defaults: GenerationDefaults) throws -> AnnotationSettings {
        var settings = AnnotationSettings()
        settings.seed = seed ?? 42
        settings.opensPictureAfterText = forceImage
        settings.endsWhenStopped = autoEnd
        settings.text.maximumTokenCount = maxTokens ?? defaults.maximumTokenCount
        settings.text.minimumTokenCount = minTokens ?? defaults.minimumTokenCount
        settings.text.beamCount = beams ?? 1
        settings.text.temperature = temperature ?? defaults.temperature
        settings.text.topP = topP ?? defaults.topP
        settings.text.topK = defaults.topK
        settings.text.repetitionPenalty = repetitionPenalty ?? defaults.repetitionPenalty
        settings.picture.stepCount = steps ?? defaults.stepCount
        settings.picture.guidanceScale = guidanceScale ?? defaults.guidanceScale
        if let method = DiffusionMethod(rawValue: defaults.scheduler) {
            settings.picture.method = method
        }
        try require(
            "--min-tokens",
            settings.text.minimumTokenCount,
            in: 0...settings.text.maximumTokenCount
        )
        return settings
    }

    /// What was given, as members of a request's document.
    var members: [RequestDocument.Member] {
        var members: [RequestDocument.Member] = []
        func add(_ path: String..., value: JSON?) {
            if let value { members.append((path, value)) }
        }
        add("template", value: template.map(JSON.string))
        add("mode", value: mode.map(JSON.string))
        add("seed", value: seed.map(JSON.unsigned))
        add("text", "max_tokens", value: maxTokens.map(JSON.integer))
        add("text", "min_tokens", value: minTokens.map(JSON.integer))
        add("text", "num_beams", value: beams.map(JSON.integer))
        add("text", "temperature", value: temperature.map(JSON.float))
        add("text", "top_p", value: topP.map(JSON.float))
        add("text", "repetition_penalty", value: repetitionPenalty.map(JSON.float))
        add("image", "steps", value: steps.map(JSON.integer))
        add("image", "guidance_scale", value: guidanceScale.map(JSON.float))
        return members
    }
}
