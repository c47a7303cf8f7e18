import ArgumentParser
import Engine
import Files
import MMInterleaved
import ServiceAPI

/// Answers requests without a daemon.
struct Generate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Continue texts and pictures: the answer of POST /v1/interleave, as files.",
        discussion: """
            What is asked is one of: --input, in order, a text or @ and the path of a picture; --request, the \
            document that the daemon takes; --annotations, the prompts of the reference implementation's \
            annt.json, continued round by round as its inference script does.
              interleaved generate --input "a photo of" --input @cat.jpg --mode text --output answer
            Words go to standard output, pictures to files in --output, and answer.json tells all. The same \
            request and seed give the same bytes as the daemon. Flags are stronger than the request's file; \
            settings that are not given are the model's own.
            """
    )

    @Option(help: "Model directory or file, or name of a model that is installed.")
    var model = ModelCatalog.defaultName

    @Option(help: "A text, or @path of a picture; in order.")
    var input: [String] = []

    @Option(help: "File with a request as POST /v1/interleave takes it; - for standard input.")
    var request: String?

    @Option(help: "File in the reference's annt.json format; its pictures are read from beside it.")
    var annotations: String?

    @Option(help: "Directory for pictures and answer.json; made if it does not exist.")
    var output: String

    @Option(help: "HTML file to write: what was asked and answered, on one page.")
    var html: String?

    @Flag(help: "Replace earlier answers in --output.")
    var force = false

    @Option(help: "Formats of the weights: \(FormatPolicy.Profile.names).")
    var profile = FormatPolicy.Profile.f32

    @Option(help: "Worker threads; 0 for one per processor.")
    var workers = 0

    @OptionGroup(title: "Settings of the answer")
    var settings: GenerationOptions

    func validate() throws {
        try require("--workers", workers, in: ServedSettings.workerCounts)
        guard [!input.isEmpty, request != nil, annotations != nil].count(where: { $0 }) == 1 else {
            throw ValidationError("give one of --input, --request and --annotations")
        }
        if annotations == nil {
            try refuse(
                ["--force-image": settings.forceImage, "--auto-end": settings.autoEnd],
                "goes with --annotations"
            )
        } else {
            try refuse(
                ["--mode": settings.mode, "--template": settings.template],
                "goes without --annotations, which tell it"
            )
            try refuse(["--html": html], "goes without --annotations")
        }
    }

    func run() throws {
        let stored = try ModelCatalog.model(model)
        if let annotations {
            let file = try AnnotationFile(path: annotations)
            let settings = try settings.annotationSettings(stored.configuration.defaults)
            try AnswerFolder.prepare(output, replacing: force)
            let engine = try LoadedModel(stored, profile: profile, workers: workers).engine
            let run = AnnotationRun(engine: engine, settings: settings, directory: output)
            for (index, annotation) in file.annotations.enumerated() {
                try EngineError.naming(\.annotationName) {
                    try run.run(annotation, index: index)
                }
            }
            return
        }
        let document = try request.map { try RequestDocument(path: $0) } ?? RequestDocument(input)
        let call = try document.call(stored.configuration, settings)
        if let html { try File.checkWritable(html) }
        try AnswerFolder.prepare(output, replacing: force)
        let engine = try LoadedModel(stored, profile: profile, workers: workers).engine
        try EngineError.naming(\.documentName) {
            try AnswerRun(engine: engine, directory: output, page: html).run(call)
        }
    }
}
