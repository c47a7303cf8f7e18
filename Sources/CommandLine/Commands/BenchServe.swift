import ArgumentParser
import Files
import Foundation
import JSON
import LoadGenerator
import Locking
import Logging
import Simulation

/// Measures a daemon under load.
struct BenchServe: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Send many requests to a daemon and report latencies and throughput.",
        discussion: """
            Closed loop (--concurrency with --requests): so many requests are always in progress. Open loop \
            (--rate with --duration, or --trace): requests arrive at random (Poisson) or at the times of a \
            file, however long the answers take. Mixes and traces are those of interleaved simulate.

            Without --url a daemon is started in this process: with --model, which is nano if left out, or with \
            an untrained model of a --shape. Requests follow from --seed: the same seed sends the same. Lengths are drawn with the \
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

    func run() throws {
        // A daemon that closes a connection is told apart by the result of the write.
        signal(SIGPIPE, SIG_IGN)
        let requests = try load.plan()
        try report.checkFiles()
        if let path = load.writeTrace { try File.checkWritable(path) }
        let daemon = target.url == nil ? try target.start() : nil
        defer { daemon?.stop() }
        let client =
            try target.url.map { try target.client.client(of: $0) }
            ?? HTTPClient(try ServerAddress(flag: daemon?.url ?? ""))
        try measure(requests, by: client)
    }

    private func measure(_ requests: [LoadRequest], by client: HTTPClient) throws {
        try client.requireReady()
        let settings = load.settings
        let workload = try Workload(settings)
        let bar = Mutex(ProgressBar("\(requests.count) requests"))
        let run = LoadRun(
            requests,
            of: workload,
            by: client,
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
            try File.write(Array(LoadPlan.trace(of: records).text.utf8), to: path)
        }
        if let path = report.writeCosts { try writeCosts(client, path) }
        let differing = report.soloCheck ? repeatAlone(records, run) : []
        try report.write(records, duration, title: load.title(target), differing: differing)
        let result = LoadReport(records, duration, report.targets)
        if !result.isClean || !differing.isEmpty { throw ExitCode.failure }
    }

    /// Writes what the daemon has measured of its steps since it began.
    private func writeCosts(_ client: HTTPClient, _ path: String) throws {
        let body = try client.get("/v1/engine")
        // What is no JSON tells nothing either.
        guard let costs = try? JSONParser.parse(body)["simulation_costs"] else {
            throw CommandError("the daemon does not tell what its steps cost")
        }
        try File.write(Array((JSON(costs).prettyText + "\n").utf8), to: path)
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
