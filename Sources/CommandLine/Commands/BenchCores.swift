import ArgumentParser
import Foundation
import MMInterleaved

/// Predicts how the model's stages scale over many cores.
struct BenchCores: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cores",
        abstract: "Predict the model's stages on many cores from the times of their parts on one.",
        discussion: """
            Every computation of a stage is cut as for so many workers, each part is timed on one thread, and the \
            parts are scheduled on so many simulated workers: each takes what it was measured to take, or what its \
            memory takes at its share of the machine's bandwidth if that is longer; after each computation all \
            workers meet, at the measured cost of a word between two cores for each. What runs between the parts \
            is not divided. Efficiency is the speed-up over one worker without any cut, per worker. Behind it stands \
            where the time goes at the last bandwidth: an even share of the work of one worker, what small parts take \
            beyond that, waiting for the longest part, meetings, and what lies outside parts.
            """
    )

    @Option(help: "Name of a shape in Config/shapes, or the path of a configuration file.")
    var shape: String

    @Option(help: "Stage to simulate: \(StageBenchmarks.stages.joined(separator: ", ")).")
    var stage: [String]

    @Option(help: "Numbers of workers.")
    var cores: [Int] = [2, 4, 8, 16, 32, 64, 128]

    @Option(help: "Bandwidths of the memory, in GB/s.")
    var bandwidth: [Double] = [100, 200, 400]

    @Option(help: "Timed runs, of which the shortest time of every part counts.")
    var iterations = 2

    func validate() throws {
        try StageBenchmarks.requireStages(stage)
        for count in cores { try require("--cores", count, in: 1...1024) }
        guard bandwidth.allSatisfy({ $0 > 0 && $0.isFinite }) else {
            throw ValidationError("--bandwidth must be more than 0")
        }
        try require("--iterations", iterations, in: 1...100)
    }

    func run() throws {
        let configuration = try ShapeCatalog.configuration(shape)
        let benchmarks = StageBenchmarks(configuration: configuration)
        let hop = CoreSimulation.measureSecondsPerHop()
        print(String(format: "%@, %.0f ns per hop", configuration.name, hop * 1e9))
        for name in stage {
            for work in try benchmarks.works(name) { print(report(work, hop: hop)) }
        }
    }

    private func report(_ work: StageWork, hop: Double) -> String {
        let simulations = CoreSimulation.measured(
            workerCounts: [1] + cores,
            iterations: iterations,
            work.body
        )
        let alone = simulations[0].breakdown(on: CoreSimulation.Machine(workerCount: 1)).total
        var lines = [
            "",
            String(format: "%@ (%@): %.1f ms on one core", work.stage, work.unit, alone * 1e3),
            "   cores" + bandwidth.map { String(format: "%8.0f GB/s: speed-up", $0) }.joined()
                + "     work   small parts   waiting   meetings   outside parts",
        ]
        for (count, simulation) in zip(cores, simulations[1...]) {
            let breakdowns = bandwidth.map { bandwidth in
                simulation.breakdown(
                    on: CoreSimulation.Machine(
                        workerCount: count,
                        bytesPerSecond: bandwidth * 1e9,
                        secondsPerHop: hop
                    )
                )
            }
            let cells = zip(bandwidth, breakdowns).map { bandwidth, breakdown -> String in
                let seconds = breakdown.total
                let speedUp = alone / seconds
                var cell = String(format: "%7.1f (%3.0f%%)", speedUp, 100 * speedUp / Double(count))
                if work.byteCount > 0 {
                    // How much of the bandwidth reading the weights once takes.
                    let share = Double(work.byteCount) / (bandwidth * 1e9) / seconds
                    cell += String(format: " %3.0f%%", 100 * share)
                }
                return String(repeating: " ", count: max(1, 23 - cell.count)) + cell
            }
            let rest = breakdowns.last.map { Self.text($0, work: alone / Double(count)) } ?? ""
            lines.append(String(format: "%8d", count) + cells.joined() + rest)
        }
        return lines.joined(separator: "\n")
    }

    /// Milliseconds by what they go to.
    ///
    /// - Parameters:
    ///   - breakdown: Seconds on a machine.
    ///   - work: An even share of what one worker does without any cut; what parts take beyond it is theirs alone.
    /// - Returns: The columns behind the speed-ups.
    private static func text(_ breakdown: CoreSimulation.Breakdown, work: Double) -> String {
        String(
            format: "%9.1f %13.1f %9.1f %10.1f %15.1f ms",
            work * 1e3,
            (breakdown.work - work) * 1e3,
            breakdown.waiting * 1e3,
            breakdown.meetings * 1e3,
            breakdown.serial * 1e3
        )
    }
}
