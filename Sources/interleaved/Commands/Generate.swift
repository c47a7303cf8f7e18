import ArgumentParser
import Engine

/// Answers a request without a daemon.
struct Generate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Continue texts and pictures: the answer of POST /v1/interleave, as files.",
        discussion: """
            Words go to standard output, pictures to segment-N.png (or .jpeg, .webp), the whole answer \
            to answer.json, which names the files. The same request and seed give the same bytes as \
            the daemon.
            """
    )

    @Option(help: "Model directory.")
    var model: String

    @Option(help: "File with a request as POST /v1/interleave takes it; - for standard input.")
    var request: String

    @Option(help: "Directory for pictures and answer.json; made if it does not exist.")
    var output: String

    @Option(help: "Worker threads; 0 for one per processor.")
    var workers = 0

    func run() throws {
        let loaded = try LoadedModel(path: model, workers: workers)
        let job = try GenerationJob.request(path: request, configuration: loaded.configuration)
        do {
            try JobRun(engine: loaded.engine, directory: output).run(job)
        } catch let error as EngineError {
            throw ValidationError("\(error)")
        }
    }
}
