import ArgumentParser
import Files
import Foundation
import JSON
import Scheduling
import Simulation

/// Simulates the scheduler under load.
struct Simulate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Simulate the scheduler under load, with measured costs in place of a model.",
        discussion: """
            Runs the daemon's own scheduler in simulated time and prints latency percentiles, the use of \
            every stage, and refusals. The same arguments give the same result on any machine.

            Load: --trace FILE, or --mix with --rate and --duration (random arrivals), or --mix with \
            --concurrency and --requests (clients that wait for their answers).

            A trace is CSV with the header
              \(ArrivalTrace.header)
            where kind is caption, picture or interleave, priority is low, normal or high, and guided is 1 \
            or 0. Tokens and pictures are those of the whole answer; steps those of each picture.

            Costs are JSON in microseconds; --print-costs shows the defaults (shape nano on two cores):
              {"encode": {"fixed", "perUnit"}, "language": {"fixed", "perRow", "perAttendedPosition"},
               "denoise": {"fixed", "perUnit"}, "render": {"fixed", "perUnit"}, "requestOverhead"}
            Units are pictures, rows (positions computed), samples (two per guided picture), pictures.
            """
    )

    @Option(help: "Trace of arrivals, a CSV file.")
    var trace: String?

    @Option(help: "Weights of the kinds of requests. (default: \(ArrivalInput.defaultMix))")
    var mix: String?

    @Option(help: "Arrivals per second. (default: 5)")
    var rate: Double?

    @Option(help: "Factor on the rate, of a trace too. (default: 1)")
    var load: Double?

    @Option(help: "Seconds during which requests arrive. (default: 60)")
    var duration: Double?

    @Option(help: "Clients that send a request as soon as the one before has ended; 0 for --rate.")
    var concurrency = 0

    @Option(help: "Requests of all clients together, with --concurrency. (default: 200)")
    var requests: Int?

    @Option(help: "Seed of all random numbers.")
    var seed: UInt64 = 1

    @Option(help: "Seconds after which a client gives up; 0 for never.")
    var timeout = 0.0

    @Option(help: "Costs of the stages, a JSON file.")
    var costs: String?

    @OptionGroup var policy: SimulatedPolicy

    @Option(help: "Write the arrivals to this file as a trace.")
    var writeTrace: String?

    @Flag(help: "Print the costs and stop.")
    var printCosts = false

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        try require("--rate", rate, in: 1e-6...1e7)
        try require("--load", load, in: 1e-6...1e7)
        try require("--duration", duration, in: 1e-6...1e7)
        try require("--concurrency", concurrency, in: 0...10_000)
        try require("--requests", requests, in: 1...10_000_000)
        try require("--timeout", timeout, in: 0...1e7)
        if concurrency > 0 {
            try refuse(
                [
                    "--trace": trace, "--write-trace": writeTrace, "--rate": rate, "--load": load,
                    "--duration": duration,
                ],
                "goes without --concurrency: arrivals follow from the answers"
            )
        } else {
            try refuse(["--requests": requests], "goes with --concurrency")
        }
        if trace != nil {
            try refuse(
                ["--mix": mix, "--rate": rate, "--duration": duration],
                "goes without --trace, which tells it"
            )
        }
    }

    func run() throws {
        let costs = try readCosts()
        if printCosts {
            print(try JSON(encoding: costs).prettyText)
            return
        }
        if let writeTrace { try File.checkWritable(writeTrace) }
        let load = try makeLoad()
        var simulator = try Simulator(
            policy.configuration,
            costs: costs,
            load: load,
            imagePositionCount: policy.imagePositions,
            timeout: timeout > 0 ? .seconds(timeout) : nil
        )
        let report = SimulationReport(simulator.run())
        if json {
            print(try JSON(encoding: report).prettyText)
        } else {
            print(SimulationTable(report).text)
        }
    }

    private func readCosts() throws -> StepCosts {
        guard let costs else { return .nano }
        let bytes = try File.read(costs, maximumByteCount: 1 << 20, mayBePipe: true)
        do {
            let read: StepCosts = try JSONParser.parse(bytes).decode()
            try read.validate()
            return read
        } catch let error as SchedulingConfigurationError {
            throw CommandError("\(costs): \(error.field): \(error.detail)")
        } catch {
            throw CommandError("\(costs): are no costs as --print-costs shows them: \(error)")
        }
    }

    private func makeLoad() throws -> Simulator.Load {
        if concurrency > 0 {
            return .closed(
                try ArrivalInput.mix(mix),
                clientCount: concurrency,
                requestCount: requests ?? 200,
                seed: seed
            )
        }
        let arrivals = try makeTrace()
        if let writeTrace {
            try File.write(Array(arrivals.text.utf8), to: writeTrace)
        }
        return .open(arrivals)
    }

    private func makeTrace() throws -> ArrivalTrace {
        guard let trace else {
            let mix = try ArrivalInput.mix(self.mix)
            return mix.arrivals(
                rate: (rate ?? 5) * (load ?? 1),
                duration: .seconds(duration ?? 60),
                seed: seed
            )
        }
        return try ArrivalInput.trace(path: trace).faster(by: load ?? 1)
    }
}

/// The scheduler's limits and policies in a simulation.
struct SimulatedPolicy: ParsableArguments {
    @Option(help: "Blocks of 16 positions for keys and values.")
    var blocks = SchedulingConfiguration().blockCount

    @Option(help: "Requests that run at the same time.")
    var running = SchedulingConfiguration().maximumRunningCount

    @Option(help: "Requests that may wait.")
    var waiting = SchedulingConfiguration().maximumWaitingCount

    @Option(help: "Drawings that may exist at the same time.")
    var drawings = SchedulingConfiguration().drawingCapacity

    @Option(help: "Encoded pictures that are held.")
    var images = SchedulingConfiguration().imageCapacity

    @Option(help: "Positions that a picture takes in a sequence.")
    var imagePositions = 16

    @Option(help: "Rows of one language step.")
    var rows = SchedulingConfiguration().maximumRowCount

    @Option(help: "Samples of one denoising step.")
    var samples = SchedulingConfiguration().maximumSampleCount

    @Option(help: "Milliseconds that a token may wait before language goes next.")
    var decodeWait = SchedulingConfiguration().decodeWaitBound.inSeconds * 1e3

    @Option(help: "Milliseconds that a step should not exceed while tokens wait.")
    var stepTarget = SchedulingConfiguration().stepDurationTarget.inSeconds * 1e3

    func validate() throws {
        try require("--blocks", blocks, in: 1...10_000_000)
        try require("--running", running, in: 1...100_000)
        try require("--waiting", waiting, in: 0...10_000_000)
        try require("--drawings", drawings, in: 0...100_000)
        try require("--images", images, in: 0...1_000_000)
        try require("--image-positions", imagePositions, in: 1...65_536)
        // A step leaves rows to decoding beside those for prompts.
        let least = SchedulingConfiguration().minimumPrefillRowCount + 1
        try require("--rows", rows, in: least...1_000_000)
        try require("--samples", samples, in: 1...100_000)
        try require("--decode-wait", decodeWait, in: 0...3_600_000)
        try require("--step-target", stepTarget, in: 0...3_600_000)
    }

    var configuration: SchedulingConfiguration {
        var configuration = SchedulingConfiguration()
        configuration.blockCount = blocks
        configuration.maximumRunningCount = running
        configuration.maximumWaitingCount = waiting
        configuration.drawingCapacity = drawings
        configuration.imageByteCount = 1
        configuration.imageByteBudget = images
        configuration.maximumRowCount = rows
        configuration.maximumSampleCount = samples
        configuration.decodeWaitBound = .microseconds(Int64(decodeWait * 1e3))
        configuration.stepDurationTarget = .microseconds(Int64(stepTarget * 1e3))
        return configuration
    }
}
