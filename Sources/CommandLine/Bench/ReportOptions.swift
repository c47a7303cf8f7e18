import ArgumentParser
import Files
import Foundation
import Images
import JSON
import LoadGenerator
import Simulation

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

    @Option(help: "HTML file to write: failures, tables and the plot on one page.")
    var html: String?

    @Option(help: "File to write: what steps cost, for interleaved simulate --costs.")
    var writeCosts: String?

    @Flag(help: "Afterwards run every answered request alone and compare words and pictures.")
    var soloCheck = false

    func validate() throws {
        for (flag, value) in [
            ("--target-ttft", targetTtft), ("--target-itl", targetItl),
            ("--target-latency", targetLatency),
        ] {
            try require(flag, value, in: 0...1e9)
        }
    }

    /// Makes sure that everything asked for can probably be written, before anything is measured.
    ///
    /// - Throws: `FileError`.
    func checkFiles() throws {
        for path in [csv, events, plot, html, writeCosts] {
            if let path { try File.checkWritable(path) }
        }
    }

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
        if let csv { try File.write(Array(RecordTable.requests(records).utf8), to: csv) }
        if let events { try File.write(Array(RecordTable.events(records).utf8), to: events) }
        if let plot {
            let picture = LoadPlot(records, duration: duration, title: title).image
            try File.write(ImageFileEncoder.encodePNG(picture, compressionLevel: 9), to: plot)
        }
        if let html {
            let picture = LoadPlot(records, duration: duration, title: title).image
            try File.write(LoadPage(title, report, picture).bytes(), to: html)
        }
        if json {
            let output = Output(
                title: title,
                report: report,
                differing: soloCheck ? differing.map(\.request.index) : nil
            )
            return print(try JSON(encoding: output).prettyText)
        }
        print("\(title)\n\(report.text)")
        guard soloCheck else { return }
        for record in differing {
            print(
                "differs alone: request \(record.request.index), \(record.request.arrival.kind.rawValue)"
            )
        }
        let count = records.count(where: \.isCompleted)
        print("\(count - differing.count) of \(count) answers are the same alone")
    }
}
