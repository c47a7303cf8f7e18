import ArgumentParser
import LoadGenerator
import MMInterleaved
import Simulation

/// Which daemon is measured.
struct TargetOptions: ParsableArguments {
    @Option(help: "Daemon to measure, such as http://127.0.0.1:8080; without it one is started.")
    var url: String?

    @Option(help: "Model for the daemon to start: a directory or a name. (default: nano)")
    var model: String?

    @Option(help: "Shape of an untrained model for the daemon to start.")
    var shape: String?

    @Option(
        help:
            "Formats of the weights of the daemon to start: \(FormatPolicy.Profile.names). (default: f32)"
    )
    var profile: FormatPolicy.Profile?

    @Option(help: "Worker threads of the daemon to start; 0 for one per processor. (default: 0)")
    var workers: Int?

    @Option(help: "Most requests that wait in the daemon to start. (default: 256)")
    var maxQueue: Int?

    @OptionGroup var client: ClientOptions

    /// Name of what is measured.
    var name: String { url ?? shape ?? model ?? ModelCatalog.defaultName }

    func validate() throws {
        guard [url, model, shape].compactMap({ $0 }).count <= 1 else {
            throw ValidationError("give only one of --url, --model and --shape")
        }
        if url != nil {
            try refuse(
                ["--profile": profile, "--workers": workers, "--max-queue": maxQueue],
                "goes without --url: that daemon runs already"
            )
        }
        try require("--workers", workers, in: ServedSettings.workerCounts)
        try require("--max-queue", maxQueue, in: 0...100_000)
        try client.check(url)
    }

    func start() throws -> LocalDaemon {
        try LocalDaemon(
            model: model,
            shape: shape,
            profile: profile ?? .f32,
            workers: workers ?? 0,
            maximumWaitingCount: maxQueue ?? 256
        )
    }
}

/// What is sent.
struct LoadOptions: ParsableArguments {
    @Option(help: "Requests in progress at once (closed loop). (default: 8)")
    var concurrency: Int?

    @Option(help: "Requests to send (closed loop). (default: 64)")
    var requests: Int?

    @Option(help: "Requests per second that arrive at random (open loop).")
    var rate: Double?

    @Option(help: "Seconds for which requests arrive, with --rate. (default: 30)")
    var duration: Double?

    @Option(help: "Trace of arrivals, a CSV file (open loop).")
    var trace: String?

    @Option(help: "Factor on the rate, of a trace too.")
    var load: Double?

    @Option(help: "File to write: what was sent and when, as a trace.")
    var writeTrace: String?

    @Option(help: "Kinds and their weights. (default: \(ArrivalInput.defaultMix))")
    var mix: String?

    @Option(help: "Seed of everything that is random.")
    var seed: UInt64 = 1

    @Option(help: "Tokens of every text; drawn with the mix if left out.")
    var tokens: Int?

    @Option(help: "Denoising steps of every picture; drawn with the mix if left out.")
    var steps: Int?

    @Option(help: "Words of every prompt; drawn with the mix if left out.")
    var words: Int?

    @Option(help: "Different pictures that requests bring.")
    var pictures = 8

    @Flag(help: "Draw without guidance: one sample per step instead of two.")
    var unguided = false

    @Option(help: "Seconds after which a request is given up.")
    var timeout = 300.0

    /// Requests in progress of an open loop; one more would have to wait for a thread.
    private static let maximumOpenCount = 1024

    private static let defaultDuration = 30.0

    private var isOpen: Bool { rate != nil || trace != nil }

    var threadCount: Int { isOpen ? Self.maximumOpenCount : concurrency ?? 8 }

    var settings: Workload.Settings {
        var settings = Workload.Settings()
        settings.seed = seed
        settings.pictureCount = pictures
        settings.timeout = .seconds(timeout)
        return settings
    }

    func validate() throws {
        try require("--concurrency", concurrency, in: 1...4096)
        try require("--requests", requests, in: 1...1_000_000)
        try require("--rate", rate, in: 0.001...100_000)
        try require("--duration", duration, in: 0.1...86_400)
        try require("--load", load, in: 0.001...100_000)
        try require("--tokens", tokens, in: 1...4096)
        try require("--steps", steps, in: GenerationRange.stepCount)
        try require("--words", words, in: 1...4096)
        try require("--pictures", pictures, in: 1...10_000)
        try require("--timeout", timeout, in: 0.1...3600)
        guard rate == nil || trace == nil else {
            throw ValidationError("give --rate or --trace, not both")
        }
        if trace != nil {
            try refuse(
                ["--mix": mix, "--duration": duration],
                "goes without --trace, which tells it"
            )
        }
        if isOpen {
            try refuse(
                ["--concurrency": concurrency, "--requests": requests],
                "goes without --rate and --trace: requests arrive by themselves"
            )
        } else {
            try refuse(["--duration": duration, "--load": load], "goes with --rate or --trace")
        }
    }

    func plan() throws -> [LoadRequest] {
        var sizes = FixedSizes()
        sizes.promptTokenCount = words
        sizes.generatedTokenCount = tokens
        sizes.stepCount = steps
        if unguided { sizes.isGuided = false }
        guard let arrivals = try arrivals() else {
            return LoadPlan.closed(
                try ArrivalInput.mix(mix),
                count: requests ?? 64,
                seed: seed,
                sizes: sizes
            )
        }
        guard !arrivals.arrivals.isEmpty else { throw ValidationError("no request arrives") }
        return LoadPlan.open(arrivals.faster(by: load ?? 1), sizes: sizes)
    }

    /// The arrivals of an open loop; nil for a closed one.
    private func arrivals() throws -> ArrivalTrace? {
        if let trace { return try ArrivalInput.trace(path: trace) }
        guard let rate else { return nil }
        return try ArrivalInput.mix(mix).arrivals(
            rate: rate,
            duration: .seconds(duration ?? Self.defaultDuration),
            seed: seed
        )
    }

    func title(_ target: TargetOptions) -> String {
        let factor = load.map { " x \($0)" } ?? ""
        if let trace { return "\(target.name): \(trace)\(factor)" }
        let arrivals =
            rate.map {
                "\($0) req/s\(factor) for \(duration ?? Self.defaultDuration) s"
            } ?? "\(threadCount) at once"
        return "\(target.name): \(arrivals), \(mix ?? ArrivalInput.defaultMix)"
    }
}
