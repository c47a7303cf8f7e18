import ArgumentParser
import Engine
import MMInterleaved
import Tensors
import Tokenization

/// Answers requests without a daemon.
struct Generate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Continue texts and pictures: the answer of POST /v1/interleave, as files.",
        discussion: """
            Words go to standard output, pictures to files in --output, and answer.json tells all. With \
            --request, the same request and seed give the same bytes as the daemon. With --annotations, \
            the prompts of the reference implementation's annt.json are continued round by round as its \
            inference script does; settings that are not given are the model's own.
            """
    )

    @Option(help: "Model directory, or name of a model that is installed.")
    var model = ModelCatalog.defaultName

    @Option(help: "File with a request as POST /v1/interleave takes it; - for standard input.")
    var request: String?

    @Option(help: "File in the reference's annt.json format; its pictures are read from beside it.")
    var annotations: String?

    @Option(help: "Directory for pictures and answer.json; made if it does not exist.")
    var output: String

    @Option(help: "Worker threads; 0 for one per processor.")
    var workers = 0

    @OptionGroup(title: "For --annotations")
    var annotationOptions: AnnotationOptions

    func validate() throws {
        guard (request == nil) != (annotations == nil) else {
            throw ValidationError("give either --request or --annotations")
        }
    }

    func run() throws {
        do {
            if let request {
                let loaded = try LoadedModel(model, workers: workers)
                let job = try GenerationJob.request(
                    path: request,
                    configuration: loaded.configuration
                )
                try JobRun(engine: loaded.engine, directory: output).run(job)
            } else if let annotations {
                try run(AnnotationFile(path: annotations))
            }
        } catch let error as EngineError {
            throw ValidationError("\(error)")
        }
    }

    private func run(_ file: AnnotationFile) throws {
        let loaded = try LoadedModel(model, workers: workers)
        let run = AnnotationRun(
            engine: loaded.engine,
            settings: try annotationOptions.settings(loaded.configuration.defaults),
            directory: output
        )
        for (index, annotation) in file.annotations.enumerated() {
            try run.run(annotation, index: index)
        }
    }
}

/// The reference's `generation_kwargs` and switches.
struct AnnotationOptions: ParsableArguments {
    @Flag(help: "Draw a picture after every text (force_gen_image_next).")
    var forceImage = false

    @Flag(help: "Stop when the model ends a text (auto_end).")
    var autoEnd = false

    @Option(help: "Seed of words and pictures (sd_base_seed).")
    var seed: UInt64 = 42

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

    func settings(_ defaults: GenerationDefaults) throws -> AnnotationSettings {
        var settings = AnnotationSettings()
        settings.seed = seed
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
        if let method = SchedulerMethod(rawValue: defaults.scheduler) {
            settings.picture.method = method
        }
        try check("--max-tokens", settings.text.maximumTokenCount, in: 1...65536)
        try check(
            "--min-tokens",
            settings.text.minimumTokenCount,
            in: 0...settings.text.maximumTokenCount
        )
        try check("--beams", settings.text.beamCount, in: 1...64)
        try check("--temperature", settings.text.temperature, in: 0...10)
        try check("--top-p", settings.text.topP, in: 0...1)
        try check("--repetition-penalty", settings.text.repetitionPenalty, in: 0.01...100)
        try check("--steps", settings.picture.stepCount, in: 1...1000)
        try check("--guidance-scale", settings.picture.guidanceScale, in: 0...100)
        return settings
    }

    private func check<Value: Comparable>(
        _ name: String,
        _ value: Value,
        in range: ClosedRange<Value>
    ) throws {
        guard range.contains(value) else {
            throw ValidationError(
                "\(name) must be between \(range.lowerBound) and \(range.upperBound), not \(value)"
            )
        }
    }
}
