import ArgumentParser
import Foundation
import Images
import LoadGenerator
import Logging
import Scheduling
import Synchronization

/// Measures a daemon under load.
struct BenchServe: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Send many requests to a daemon and report latencies and throughput.",
        discussion: """
            Closed loop (--concurrency with --requests): so many requests are always in progress. Open loop \
            (--rate with --duration, or --trace): requests arrive at random (Poisson) or at the times of a \
            file, however long the answers take. Mixes and traces are those of interleaved simulate.

            Without --url a daemon is started in this process, with --model or with an untrained model of a \
            --shape. Requests follow from --seed: the same seed sends the same. Lengths are drawn with the \
            mix unless --words, --tokens or --steps fix them; every text has exactly its length, so that runs \
            with different weights compare.

            caption: a picture and words in, words out. picture: words in, a picture out. interleave: words \
            in, pictures and words out. All answers are streamed. First output is the first words or the \
            first denoising step; inter-token the time between words of a segment.

            The exit status is 0 if every request was answered or refused (429, 503), and, with \
            --solo-check, if every answer was the same as that of the request run alone.
            """
    )

    @OptionGroup(title: "Daemon")
    var target: TargetOptions

    @OptionGroup(title: "Load")
    var load: LoadOptions

    @OptionGroup(title: "Report")
    var report: ReportOptions

    func validate() throws {
        try target.check()
        try load.check()
    }

    func run() throws {
        // A daemon that closes a connection is told apart by the result of the write.
        signal(SIGPIPE, SIG_IGN)
        let daemon = target.url == nil ? try target.start() : nil
        defer { daemon?.stop() }
        let url = target.url ?? daemon?.url ?? ""
        do {
            try measure(try ServerAddress(url))
        } catch let error as ServerAddress.Fault {
            throw ValidationError(error.description)
        } catch let error as TraceError {
            throw ValidationError("the mix or trace, line \(error.line): \(error.detail)")
        } catch let error as HTTPClient.Fault {
            throw ValidationError(error.description)
        }
    }

    private func measure(_ server: ServerAddress) throws {
        _ = try HTTPClient(server).get("/readyz")
        let settings = load.settings
        let workload = try Workload(settings)
        let requests = try load.plan()
        let bar = Mutex(ProgressBar("\(requests.count) requests"))
        let run = LoadRun(
            requests,
            of: workload,
            to: server,
            // The daemon ends a request in time; a little longer, and it is lost.
            timeout: settings.timeout + .seconds(10)
        ) { progress in
            let share = Double(progress.endedCount) / Double(progress.count)
            let detail = "\(progress.endedCount) ended, \(progress.activeCount) in progress"
            bar.withLock { $0.show(share, detail) }
        }
        let (records, duration) = run.run(concurrency: load.threadCount)
        bar.withLock { $0.finish() }
        if let path = load.writeTrace {
            try ReportOptions.write(LoadPlan.trace(of: records).text, path)
        }
        let differing = report.soloCheck ? repeatAlone(records, run) : []
        try report.write(records, duration, title: load.title(target), differing: differing)
        let result = LoadReport(records, duration, report.targets)
        if !result.isClean || !differing.isEmpty { throw ExitCode.failure }
    }

    /// Sends every answered request again, alone.
    ///
    /// - Returns: Those whose answer was another.
    private func repeatAlone(_ records: [RequestRecord], _ run: LoadRun) -> [RequestRecord] {
        var bar = ProgressBar("the same requests alone")
        let completed = records.filter(\.isCompleted)
        var differing: [RequestRecord] = []
        for (index, record) in completed.enumerated() {
            bar.show(Double(index) / Double(completed.count), "\(differing.count) differ")
            if run.send(record.request).digest != record.digest { differing.append(record) }
        }
        bar.finish()
        return differing
    }
}

/// Which daemon is measured.
struct TargetOptions: ParsableArguments {
    @Option(help: "Daemon to measure, such as http://127.0.0.1:8080; without it one is started.")
    var url: String?

    @Option(help: "Model directory for the daemon to start.")
    var model: String?

    @Option(help: "Shape of an untrained model for the daemon to start.")
    var shape: String?

    @Option(help: "Worker threads of the daemon to start; 0 for one per processor.")
    var workers = 0

    @Option(help: "Most requests that wait in the daemon to start.")
    var maxQueue = 256

    /// Name of what is measured.
    var name: String { url ?? model ?? shape ?? "" }

    func check() throws {
        guard [url, model, shape].compactMap({ $0 }).count == 1 else {
            throw ValidationError("give one of --url, --model and --shape")
        }
        guard (0...1024).contains(workers) else {
            throw ValidationError("--workers must be between 0 and 1024")
        }
        guard (0...100_000).contains(maxQueue) else {
            throw ValidationError("--max-queue must be between 0 and 100000")
        }
    }

    func start() throws -> LocalDaemon {
        try LocalDaemon(
            model: model,
            shape: shape,
            workers: workers,
            maximumWaitingCount: maxQueue
        )
    }
}

/// What is sent.
struct LoadOptions: ParsableArguments {
    @Option(help: "Requests in progress at once (closed loop).")
    var concurrency = 8

    @Option(help: "Requests to send (closed loop).")
    var requests = 64

    @Option(help: "Requests per second that arrive at random (open loop).")
    var rate: Double?

    @Option(help: "Seconds for which requests arrive (open loop).")
    var duration = 30.0

    @Option(help: "Trace of arrivals, a CSV file (open loop).")
    var trace: String?

    @Option(help: "Factor on the rate, of a trace too.")
    var load = 1.0

    @Option(help: "File to write: what was sent and when, as a trace.")
    var writeTrace: String?

    @Option(help: "Kinds and their weights: caption, picture, interleave.")
    var mix = "caption=6,picture=2,interleave=1"

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

    private var isOpen: Bool { rate != nil || trace != nil }

    var threadCount: Int { isOpen ? Self.maximumOpenCount : concurrency }

    var settings: Workload.Settings {
        var settings = Workload.Settings()
        settings.seed = seed
        settings.pictureCount = pictures
        settings.timeout = .seconds(timeout)
        return settings
    }

    func check() throws {
        try Self.require("--concurrency", concurrency, in: 1...4096)
        try Self.require("--requests", requests, in: 1...1_000_000)
        try Self.require("--rate", rate ?? 1, in: 0.001...100_000)
        try Self.require("--duration", duration, in: 0.1...86_400)
        try Self.require("--load", load, in: 0.001...100_000)
        try Self.require("--tokens", tokens ?? 1, in: 1...4096)
        try Self.require("--steps", steps ?? 1, in: 1...1000)
        try Self.require("--words", words ?? 1, in: 1...4096)
        try Self.require("--pictures", pictures, in: 1...10_000)
        try Self.require("--timeout", timeout, in: 0.1...3600)
        guard rate == nil || trace == nil else {
            throw ValidationError("give --rate or --trace, not both")
        }
    }

    private static func require<Value: Comparable>(
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

    func plan() throws -> [LoadRequest] {
        var sizes = FixedSizes()
        sizes.promptTokenCount = words
        sizes.generatedTokenCount = tokens
        sizes.stepCount = steps
        if unguided { sizes.isGuided = false }
        guard let arrivals = try arrivals() else {
            return LoadPlan.closed(
                try RequestMix(mix),
                count: requests,
                seed: seed,
                sizes: sizes
            )
        }
        guard !arrivals.arrivals.isEmpty else { throw ValidationError("no request arrives") }
        return LoadPlan.open(arrivals.faster(by: load), sizes: sizes)
    }

    /// The arrivals of an open loop; nil for a closed one.
    private func arrivals() throws -> ArrivalTrace? {
        if let trace {
            let text = try Data(contentsOf: URL(fileURLWithPath: trace))
            return try ArrivalTrace(text: String(decoding: text, as: UTF8.self))
        }
        guard let rate else { return nil }
        return try RequestMix(mix).arrivals(rate: rate, duration: .seconds(duration), seed: seed)
    }

    func title(_ target: TargetOptions) -> String {
        let factor = load == 1 ? "" : " x \(load)"
        if let trace { return "\(target.name): \(trace)\(factor)" }
        let arrivals =
            rate.map { "\($0) req/s\(factor) for \(duration) s" } ?? "\(concurrency) at once"
        return "\(target.name): \(arrivals), \(mix)"
    }
}

/// What is told of a run.
struct ReportOptions: ParsableArguments {
    @Option(help: "Longest time to the first output of a good request, in milliseconds.")
    var targetTtft: Double?

    @Option(help: "Longest mean time between words of a good request, in milliseconds.")
    var targetItl: Double?

    @Option(help: "Longest time to the end of a good request, in milliseconds.")
    var targetLatency: Double?

    @Flag(help: "Print JSON instead of a table.")
    var json = false

    @Option(help: "File to write: a line per request, comma-separated.")
    var csv: String?

    @Option(help: "File to write: a line per event of every answer, comma-separated.")
    var events: String?

    @Option(help: "PNG file to write: distributions of latencies, and throughput over time.")
    var plot: String?

    @Flag(help: "Afterwards run every answered request alone and compare words and pictures.")
    var soloCheck = false

    var targets: Targets {
        var targets = Targets()
        targets.firstOutput = targetTtft.map { .milliseconds($0) }
        targets.interToken = targetItl.map { .milliseconds($0) }
        targets.latency = targetLatency.map { .milliseconds($0) }
        return targets
    }

    private struct Output: Encodable {
        let title: String
        let report: LoadReport
        /// Requests whose answer differs from that of the same request alone; nil if not checked.
        let differing: [Int]?
    }

    func write(
        _ records: [RequestRecord],
        _ duration: Duration,
        title: String,
        differing: [RequestRecord]
    ) throws {
        let report = LoadReport(records, duration, targets)
        if let csv { try Self.write(RecordTable.requests(records), csv) }
        if let events { try Self.write(RecordTable.events(records), events) }
        if let plot {
            let picture = LoadPlot(records, duration: duration, title: title).image
            let file = Data(try ImageEncoder.encodePNG(picture, compressionLevel: 9))
            try file.write(to: URL(fileURLWithPath: plot), options: .atomic)
        }
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            let output = Output(
                title: title,
                report: report,
                differing: soloCheck ? differing.map(\.request.index) : nil
            )
            return print(String(decoding: try encoder.encode(output), as: UTF8.self))
        }
        print("\(title)\n\(report.text)")
        guard soloCheck else { return }
        for record in differing {
            print("differs alone: request \(record.request.index), \(record.request.arrival.kind.rawValue)")
        }
        let count = records.count(where: \.isCompleted)
        print("\(count - differing.count) of \(count) answers are the same alone")
    }

    static func write(_ text: String, _ path: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
    }
}
