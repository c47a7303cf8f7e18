import ArgumentParser
import Engine
import Evaluation
import Files
import Foundation
import Images
import JSON
import LoadGenerator
import Locking
import MMInterleaved
import ServiceAPI
import World

/// Scores a model on the held-out suites of the procedural world.
struct Evaluate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "eval",
        abstract: "Score a model on the world's held-out suites, judged without a model.",
        discussion: """
            Examples of a world of coloured shapes, never used in training, are asked of an engine in this \
            process or of a daemon, many at a time. Words are compared exactly, boxes by their overlap, \
            pictures by reading the scene back from their pixels; a stricter judge beside that also wants \
            colours of the palette, clear outlines, grey backgrounds that an edit keeps, and nothing else. \
            Split train has only pairs that training shows, unseen only pairs that it never does, reserved \
            scenes of train that it passes over as a whole. Suites whose names begin with free, and unknown, \
            are asked in the default mode and in free wording.

            Suites: \(Assignment.allCases.map(\.rawValue).joined(separator: ", ")).

            Words are decoded greedily, pictures are drawn as the model's configuration says unless --steps \
            or --guidance-scale say otherwise. Scores come with 95% intervals (Wilson). The same model, \
            seed and settings give the same scores, with any --workers and --concurrency.
            """
    )

    @Option(help: "Model directory or file, or name of a model that is installed. (default: nano)")
    var model: String?

    @Option(help: "Daemon to ask, such as http://127.0.0.1:8080.")
    var url: String?

    @OptionGroup var client: ClientOptions

    @Option(help: "A suite to ask, may be repeated; all if left out.")
    var suite: [String] = []

    @Option(help: "A split to ask: train, unseen or reserved; all if left out.")
    var split: [String] = []

    @Option(help: "Examples per suite and split.")
    var count = 500

    @Option(help: "Seed of the noise of pictures; the examples are always the same.")
    var seed: UInt64 = 0

    @Option(
        help: """
            Which synchronizers look at pictures: on, all of them; language, not the image decoder's; off, none. \
            Other than on goes without --url.
            """
    )
    var synchronizer = SynchronizerChoice.on

    @Option(help: "Denoising steps.")
    var steps: Int?

    @Option(help: "Strength of guidance.")
    var guidanceScale: Float?

    @Flag(help: "Print JSON instead of a table.")
    var json = false

    @Flag(help: "Also tell of how many answers each attribute is right; JSON always does.")
    var details = false

    @Option(help: "PNG file to write: the first examples of every suite with their answers.")
    var sheet: String?

    @Option(help: "HTML file to write: the scores, and examples and answers, wrong ones first.")
    var html: String?

    @Option(
        help: "Formats of the weights, without --url: \(FormatPolicy.Profile.names). (default: f32)"
    )
    var profile: FormatPolicy.Profile?

    @Option(help: "Worker threads; 0 for one per processor (without --url). (default: 0)")
    var workers: Int?

    @Option(help: "Examples in progress at once.")
    var concurrency = 16

    /// Which synchronizers look at pictures.
    enum SynchronizerChoice: String, ExpressibleByArgument, CaseIterable {
        case on, language, off

        var synchronizers: Engine.Synchronizers {
            switch self {
            case .on: .all
            case .language: .language
            case .off: []
            }
        }
    }

    func validate() throws {
        guard model == nil || url == nil else {
            throw ValidationError("give --model or --url, not both")
        }
        guard url == nil || synchronizer == .on else {
            throw ValidationError(
                "--synchronizer \(synchronizer.rawValue) goes without --url: a daemon has no such setting"
            )
        }
        if url != nil {
            try refuse(
                ["--profile": profile, "--workers": workers],
                "goes without --url: that daemon runs already"
            )
        }
        try client.check(url)
        try require("--workers", workers, in: ServedSettings.workerCounts)
        try require("--concurrency", concurrency, in: 1...1024)
        try require("--count", count, in: 1...100_000)
        try require("--steps", steps, in: GenerationRange.stepCount)
        try require(
            "--guidance-scale",
            guidanceScale,
            in: GenerationRange.guidanceScale.inSinglePrecision
        )
        _ = try plan()
    }

    func run() throws {
        // A daemon that closes a connection is told apart by the result of the write.
        signal(SIGPIPE, SIG_IGN)
        let plan = try plan()
        for path in [sheet, html] {
            if let path { try File.checkWritable(path) }
        }
        let (answerer, name) = try answerer()
        let start = ContinuousClock.now
        let bar = Mutex(ProgressBar("asking \(name)"))
        let run = EvaluationRun(plan, answerer) { endedCount, count in
            bar.withLock { $0.show(Double(endedCount) / Double(count), "\(endedCount)/\(count)") }
        }
        let outcome: EvaluationRun.Outcome
        do {
            outcome = try run.run(concurrency: concurrency)
        } catch {
            bar.withLock { $0.finish() }
            throw error
        }
        bar.withLock { $0.finish() }
        if let sheet {
            let first = outcome.exhibits.filter { $0.index < Self.exhibitCount }
            let picture = ContactSheet(first).image
            try File.write(ImageFileEncoder.encodePNG(picture, compressionLevel: 9), to: sheet)
        }
        if let html {
            let title = "\(name), synchronizer \(synchronizer.rawValue), seed \(seed)"
            try File.write(EvaluationPage(title, outcome).bytes(), to: html)
        }
        guard json else {
            print("\(name), synchronizer \(synchronizer.rawValue), seed \(seed)")
            return print(ScoreTable(outcome.scores, showsDetails: details).text)
        }
        let document = document(
            outcome.scores,
            name,
            seconds: start.duration(to: .now) / .seconds(1)
        )
        print(String(decoding: document.encoded, as: UTF8.self))
    }

    private func plan() throws -> EvaluationPlan {
        var plan = EvaluationPlan()
        plan.assignments = try Self.chosen(suite, "--suite")
        plan.splits = try Self.chosen(split, "--split")
        plan.count = count
        plan.seed = seed
        plan.drawing.stepCount = steps
        plan.drawing.guidanceScale = guidanceScale
        plan.exhibitCount = sheet == nil && html == nil ? 0 : Self.exhibitCount
        plan.wrongExhibitCount = html == nil ? 0 : Self.wrongExhibitCount
        return plan
    }

    /// Rows of a sheet per suite and split.
    private static let exhibitCount = 4
    /// Wrong answers of a page per suite and split, beyond those.
    private static let wrongExhibitCount = 12

    /// The values that are named, in their own order; all if none is.
    private static func chosen<Value: RawRepresentable & CaseIterable>(
        _ names: [String],
        _ option: String
    ) throws -> [Value] where Value.RawValue == String {
        for name in names where Value(rawValue: name) == nil {
            let known = Value.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("\(option) must be one of \(known), not \(name)")
        }
        return Value.allCases.filter { names.isEmpty || names.contains($0.rawValue) }
    }

    private func answerer() throws -> (answerer: any Answerer, name: String) {
        if let url {
            let client = try self.client.client(of: url)
            try client.requireReady()
            return (DaemonAnswerer(client), url)
        }
        let loaded = try LoadedModel(
            ModelCatalog.model(model ?? ModelCatalog.defaultName),
            profile: profile ?? .f32,
            workers: workers ?? 0
        ) {
            $0.synchronizers = synchronizer.synchronizers
        }
        return (EngineAnswerer(loaded.engine), loaded.configuration.name)
    }

    // MARK: - JSON

    private func document(_ scores: [SuiteScore], _ name: String, seconds: Double) -> JSON {
        let suites = scores.map { score in
            var members: [(name: String, value: JSON)] = [
                ("suite", .string(score.assignment.rawValue)),
                ("split", .string(score.split.rawValue)),
            ]
            members += Self.members(score.right)
            let details = score.details.map {
                (name: $0.name, value: JSON.object(Self.members($0.proportion)))
            }
            if !details.isEmpty { members.append(("details", .object(details))) }
            members.append(("strict", .object(Self.members(score.strictlyRight))))
            let strictDetails = score.strictDetails.map {
                (name: $0.name, value: JSON.object(Self.members($0.proportion)))
            }
            if !strictDetails.isEmpty { members.append(("strict_details", .object(strictDetails))) }
            if let slope = score.offsets.slope, let error = score.offsets.meanError {
                members.append(
                    (
                        "kept_offsets",
                        .object([
                            ("count", .integer(score.offsets.count)), ("slope", .double(slope)),
                            ("error", .double(error)),
                        ])
                    )
                )
            }
            return JSON.object(members)
        }
        return .object([
            ("model", .string(name)), ("synchronizer", .string(synchronizer.rawValue)),
            ("seed", .unsigned(seed)), ("seconds", .double(seconds)), ("suites", .array(suites)),
        ])
    }

    private static func members(
        _ proportion: Proportion
    ) -> [(name: String, value: JSON)] {
        let interval = proportion.interval
        return [
            ("right", .integer(proportion.successCount)), ("count", .integer(proportion.count)),
            ("score", .double(proportion.value)),
            ("interval", .array([.double(interval.lowerBound), .double(interval.upperBound)])),
        ]
    }
}
