import ArgumentParser
import Foundation
import MMInterleaved
import Tensors

/// Times the model's stages.
struct BenchStages: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stages",
        abstract: "Time the model's stages on random weights of a shape.",
        discussion: """
            Prints medians, rates, and the share of what this machine can do at best, which is measured \
            in the same run: a large matrix product, and reading memory once.
            """
    )

    @Option(help: "Name of a shape in Config/shapes, or the path of a configuration file.")
    var shape: String

    @Option(
        help: "Stage to time; all if left out: \(StageBenchmarks.stages.joined(separator: ", "))."
    )
    var stage: [String] = []

    @Option(help: "Timed runs of each stage, after one to warm up.")
    var iterations = 5

    @Option(help: "Worker threads; 0 for one per processor.")
    var workers = 0

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        for name in stage where !StageBenchmarks.stages.contains(name) {
            throw ValidationError(
                "there is no stage \"\(name)\"; known are \(StageBenchmarks.stages.joined(separator: ", "))"
            )
        }
        guard (1...1000).contains(iterations) else {
            throw ValidationError("--iterations must be between 1 and 1000")
        }
    }

    private struct Output: Encodable {
        let shape: String
        let instructionSet: String
        let workers: Int
        let peaks: MachinePeaks
        let stages: [Measurement]
    }

    func run() throws {
        let configuration = try ShapeCatalog.configuration(shape)
        let compute = Compute(workerCount: workers)
        let benchmarks = StageBenchmarks(
            configuration: configuration,
            compute: compute,
            iterations: iterations
        )
        let stages = stage.isEmpty ? StageBenchmarks.stages : stage
        var bar = ProgressBar("timing \(configuration.name)")
        bar.show(0, "peaks")
        let before = MachinePeaks(compute)
        var measurements: [Measurement] = []
        for (index, stage) in stages.enumerated() {
            bar.show(Double(index) / Double(stages.count), stage)
            measurements += try benchmarks.run(stage)
        }
        // What a shared machine's memory can do changes within minutes.
        let peaks = before.better(of: MachinePeaks(compute))
        bar.finish()
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            let output = Output(
                shape: configuration.name,
                instructionSet: Compute.instructionSet,
                workers: compute.pool.workerCount,
                peaks: peaks,
                stages: measurements
            )
            print(String(decoding: try encoder.encode(output), as: UTF8.self))
            return
        }
        print(
            "\(configuration.name), \(compute.pool.workerCount) workers, \(Compute.instructionSet); "
                + String(
                    format: "peaks: %.0f GFLOP/s, %.1f GB/s",
                    peaks.operationsPerSecond / 1e9,
                    peaks.bytesPerSecond / 1e9
                )
        )
        print(
            row([
                "stage", "unit", "median", "min", "max", "units/s", "GFLOP", "GFLOP/s", "of peak",
                "GB/s", "of peak",
            ])
        )
        for measurement in measurements { print(row(columns(measurement, peaks))) }
    }

    private func columns(_ measurement: Measurement, _ peaks: MachinePeaks) -> [String] {
        func milliseconds(_ seconds: Double) -> String { String(format: "%.2f ms", seconds * 1e3) }
        func share(_ value: Double, _ peak: Double) -> String {
            String(format: "%.0f%%", 100 * value / peak)
        }
        let hasBytes = measurement.byteCount > 0
        return [
            measurement.stage, measurement.unit, milliseconds(measurement.median),
            milliseconds(measurement.minimum), milliseconds(measurement.maximum),
            String(format: "%.2f", measurement.unitsPerSecond),
            String(format: "%.2f", Double(measurement.floatingPointOperations) / 1e9),
            String(format: "%.1f", measurement.operationsPerSecond / 1e9),
            share(measurement.operationsPerSecond, peaks.operationsPerSecond),
            hasBytes ? String(format: "%.1f", measurement.bytesPerSecond / 1e9) : "",
            hasBytes ? share(measurement.bytesPerSecond, peaks.bytesPerSecond) : "",
        ]
    }

    private func row(_ cells: [String]) -> String {
        let widths = [12, 30, 12, 12, 12, 10, 10, 9, 8, 7, 8]
        return zip(cells, widths).map { cell, width in
            cell.count >= width
                ? cell + " " : cell + String(repeating: " ", count: width - cell.count)
        }.joined()
    }
}
