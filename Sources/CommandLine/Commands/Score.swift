import ArgumentParser
import Engine
import Files
import Foundation
import JSON
import MMInterleaved
import ServiceAPI

/// Tells how likely options are after a context.
struct Score: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Score options: log-probabilities of each after texts and pictures.",
        discussion: """
            The context is either a request file as POST /v1/score takes it, or made of --input in \
            order: a text, or @ and the path of a picture.
              interleaved score --input @cat.jpg --input "A photo of a" --option cat --option dog
            """
    )

    @Option(help: "Model directory or file, or name of a model that is installed.")
    var model = ModelCatalog.defaultName

    @Option(help: "File with a request as POST /v1/score takes it; - for standard input.")
    var request: String?

    @Option(help: "A text, or @path of a picture; in order.")
    var input: [String] = []

    @Option(help: "A text to score.")
    var option: [String] = []

    @Option(help: "Formats of the weights: \(FormatPolicy.Profile.names).")
    var profile = FormatPolicy.Profile.f32

    @Option(help: "Worker threads; 0 for one per processor.")
    var workers = 0

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        try require("--workers", workers, in: ServedSettings.workerCounts)
        let isFile = request != nil
        guard isFile == (input.isEmpty && option.isEmpty) else {
            throw ValidationError("give either --request, or --input and --option")
        }
        guard isFile || (!input.isEmpty && !option.isEmpty) else {
            throw ValidationError("give at least one --input and one --option")
        }
        guard !option.contains("") else { throw ValidationError("--option must not be empty") }
    }

    func run() throws {
        let stored = try ModelCatalog.model(model)
        let call = try makeCall(stored.configuration)
        let loaded = try LoadedModel(stored, profile: profile, workers: workers)
        let answers = EventQueue<Result<Scores, EngineError>>()
        let scores = try EngineError.naming(\.documentName) {
            _ = try loaded.engine.submit(call.request) { answers.send($0) }
            return try answers.next().get()
        }
        json ? printDocument(call, scores, loaded) : printTable(call, scores)
    }

    private func makeCall(_ configuration: ModelConfiguration) throws -> ScoreCall {
        let limits = Limits()
        if let request {
            let bytes = try File.read(
                request,
                maximumByteCount: limits.maximumBodyByteCount,
                mayBePipe: true
            )
            do {
                var call = try ScoreCall(
                    decoding: bytes,
                    configuration: configuration,
                    limits: limits
                )
                call.request.timeout = nil
                return call
            } catch {
                throw CommandError("\(request): \(error)")
            }
        }
        return ScoreCall(
            request: ScoreRequest(input: try InputPart.parts(of: input), options: option)
        )
    }

    private func printDocument(_ call: ScoreCall, _ scores: Scores, _ loaded: LoadedModel) {
        let document = call.document(
            id: "score",
            created: Int(Date().timeIntervalSince1970),
            model: loaded.configuration.name,
            scores: scores
        )
        print(String(decoding: document.encoded, as: UTF8.self))
    }

    private func printTable(_ call: ScoreCall, _ scores: Scores) {
        print("      log-prob  tokens  mean      option")
        for (index, pair) in zip(call.request.options, scores.options).enumerated() {
            let (text, score) = pair
            let count = score.tokens.count
            let numbers = String(
                format: "%10.4f  %6d  %8.4f",
                score.logProbability,
                count,
                score.logProbability / Float(max(1, count))
            )
            print("\(index == scores.bestIndex ? "best" : "    ")\(numbers)  \(text)")
        }
    }
}
