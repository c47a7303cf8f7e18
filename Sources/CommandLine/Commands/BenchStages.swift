import ArgumentParser
import Files
import Foundation
import MMInterleaved
import Tensors

/// Times the model's stages.
struct BenchStages: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stages",
        abstract: "Time the model's stages on random weights of a shape.",
        discussion: """
            Prints medians, rates, and the share of what this machine can do at best, which is measured before \
            and after each stage: multiplications and additions that wait for nothing, and reading memory once. \
            Where those runs differ the machine was not quiet, and the table says so, as it says which share of \
            the processors' time a hypervisor took during the stage. Beside it stands what OpenBLAS makes of a \
            large matrix product, where it is installed.
            """
    )

    @Option(help: "Name of a shape in Config/shapes, or the path of a configuration file.")
    var shape: String

    @Option(
        help: "Stage to time; all if left out: \(StageBenchmarks.stages.joined(separator: ", "))."
    )
    var stage: [String] = []

    @Option(
        help:
            "Formats of the weights: \(FormatPolicy.Profile.names)."
    )
    var profile = FormatPolicy.Profile.f32

    @Option(help: "Timed runs of each stage, after one to warm up.")
    var iterations = 5

    @Option(help: "Worker threads; 0 for one per processor.")
    var workers = 0

    @Flag(help: "Print JSON.")
    var json = false

    @Option(help: "HTML file to write: the same as one page.")
    var html: String?

    func validate() throws {
        try StageBenchmarks.requireStages(stage)
        try require("--iterations", iterations, in: 1...1000)
        try require("--workers", workers, in: ServedSettings.workerCounts)
    }

    func run() throws {
        if let html { try File.checkWritable(html) }
        let configuration = try ShapeCatalog.configuration(shape)
        let compute = Compute(workerCount: workers)
        let benchmarks = StageBenchmarks(
            configuration: configuration,
            formats: FormatPolicy(profile)
        )
        let stages = stage.isEmpty ? StageBenchmarks.stages : stage
        var bar = ProgressBar("timing \(configuration.name)")
        bar.show(0, "peaks")
        let products = OpenBLAS(threadCount: compute.pool.workerCount)?.measureOperationRate()
        let meter = MachinePeakMeter(compute, profile)
        var before = meter.measure()
        var report = StageReport(
            shape: configuration.name,
            profile: profile,
            instructionSet: InstructionSets.used,
            workers: compute.pool.workerCount,
            openBLASOperationsPerSecond: products
        )
        for (index, stage) in stages.enumerated() {
            bar.show(Double(index) / Double(stages.count), stage)
            let start = ProcessorTime.now
            let measurements = try benchmarks.run(stage, compute, iterations: iterations)
            let stolen = start.flatMap { start in ProcessorTime.now?.stolenShare(since: start) }
            let after = meter.measure()
            let peaks = before.merged(with: after)
            report.stages += measurements.map {
                StageReport.Stage(measurement: $0, peaks: peaks, stolenShare: stolen)
            }
            before = after
        }
        bar.finish()
        if let html { try File.write(report.page, to: html) }
        print(try json ? report.json() : report.text)
    }
}
