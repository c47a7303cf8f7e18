import ArgumentParser
import Foundation
import JSON
import MMInterleaved
import Scheduling
import Tensors

/// Tells what a model needs before there is one.
struct Plan: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Tell what memory a model needs, and how long its answers will take here.",
        discussion: """
            No weights are read: the model's computations are counted, and divided by what this machine does at best, which is \
            measured in about a second. Times are of one answer alone, on a machine that does nothing else: a caption is a \
            picture in and 32 words out, a picture follows a prompt of 64 words, an interleaved answer to a picture and a \
            prompt is 32 words and a picture.
              interleaved plan --shape mm-interleaved-13b --profile w4a8
              interleaved plan --model released.gguf --cores 16 --bandwidth 200
            """
    )

    @Option(help: "Name of a shape in Config/shapes, or the path of a configuration file.")
    var shape: String?

    @Option(help: "Model directory or file, or name of an installed model; nano if left out.")
    var model: String?

    @Option(
        help: "Formats of the weights: \(FormatPolicy.Profile.names); a model file has its own."
    )
    var profile: FormatPolicy.Profile?

    @Option(
        help: """
            With --shape, element type of weights that are not rounded: f32, f16, bf16; if left out f16, as those of the \
            release, and f32 with that profile.
            """
    )
    var dtype: FloatFormat?

    @Option(help: "Positions of all sequences at once; the model's longest if left out.")
    var context: Int?

    @Option(help: "Pictures that these sequences see.")
    var pictures = 1

    @Option(help: "Cores of the machine, each as fast as those here; those here if left out.")
    var cores: Int?

    @Option(help: "Memory that all cores read per second, in GB; measured if left out.")
    var bandwidth: Double?

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        guard shape == nil || model == nil else {
            throw ValidationError("--shape or --model, not both")
        }
        guard dtype == nil || shape != nil else {
            throw ValidationError("--dtype is for a --shape; a model's weights have their own")
        }
        if let context { try require("--context", context, in: 1...10_000_000) }
        try require("--pictures", pictures, in: 0...100_000)
        if let cores { try require("--cores", cores, in: 1...1024) }
        if let bandwidth, !(0.1...1e5).contains(bandwidth) {
            throw ValidationError("--bandwidth is from 0.1 to 100000 GB")
        }
    }

    func run() throws {
        let (configuration, formats, tableFormat) = try planned()
        let compute = Compute()
        let machine = PlannedMachine.measured(compute)
            .with(cores: cores, bandwidth: bandwidth.map { $0 * 1e9 })
        let positions = configuration.language.maximumPositionCount
        let prompt = 64 + configuration.imageTokenCount + 2
        let counted = try CountedModel(
            configuration,
            formats,
            workerCount: machine.cores,
            promptTokenCount: max(1, min(prompt, positions - 1)),
            rowCount: SchedulingConfiguration().maximumRowCount,
            tableFormat: tableFormat
        )
        let report = PlanReport(
            model: configuration.name,
            profile: formats.profile,
            memory: MemoryPlan(
                counted,
                positionCount: context ?? positions,
                pictureCount: pictures
            ),
            usableByteCount: MemoryLimit.current.usableByteCount,
            machine: machine,
            seconds: TimePlan(counted, machine)
        )
        print(try json ? JSON(encoding: report).prettyText : report.text)
    }

    private func planned() throws -> (ModelConfiguration, FormatPolicy, FloatFormat) {
        let asked = FormatPolicy(profile ?? .f32)
        if let shape {
            let usual = asked == .f32 ? FloatFormat.float32 : .float16
            return (try ShapeCatalog.configuration(shape), asked, dtype ?? usual)
        }
        let stored = try ModelCatalog.model(model ?? ModelCatalog.defaultName)
        return (stored.configuration, try stored.formats(asking: asked), try stored.tableFormat())
    }
}

/// What `plan` tells.
struct PlanReport: Encodable {
    let model: String
    let profile: FormatPolicy.Profile
    let memory: MemoryPlan
    /// The machine's memory, or the limit of the process's control groups.
    let usableByteCount: Int?
    let machine: PlannedMachine
    let seconds: TimePlan

    private enum CodingKeys: String, CodingKey {
        case model, profile, memory, machine, seconds, fits
        case usableByteCount = "usable_bytes"
    }

    /// Whether the memory is enough; nil if nobody knows how much there is.
    var fits: Bool? { usableByteCount.map { memory.totalByteCount <= $0 } }

    func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(model, forKey: .model)
        try values.encode(profile, forKey: .profile)
        try values.encode(memory, forKey: .memory)
        try values.encode(usableByteCount, forKey: .usableByteCount)
        try values.encode(fits, forKey: .fits)
        try values.encode(machine, forKey: .machine)
        try values.encode(seconds, forKey: .seconds)
    }

    /// All of it for people.
    var text: String {
        let memoryTable = ReportTable(
            title: "Memory of \(model) in \(profile.rawValue)",
            columns: ["", "bytes", ""],
            rows: memory.rows.map { [$0.name, "\($0.byteCount)", sizeText($0.byteCount)] },
            numberColumns: [1, 2]
        )
        let stages = ["encode", "prefill", "decode", "denoise", "render"]
        let answers = [
            ("caption", seconds.caption), ("picture", seconds.picture),
            ("interleaved answer", seconds.interleaved),
        ]
        let times = stages.map { ($0, seconds.stages[$0] ?? 0) } + answers
        let timeTable = ReportTable(
            title: "Seconds on \(machine.cores) cores",
            columns: ["", "seconds"],
            rows: times.map { [$0.0, String(format: "%.4g", $0.1)] },
            numberColumns: [1]
        )
        return [memoryTable.text, verdict, "", timeTable.text, peaks].joined(separator: "\n")
    }

    private var verdict: String {
        guard let usableByteCount, let fits else {
            return "How much memory there is, is not known."
        }
        let room = sizeText(usableByteCount)
        return fits
            ? "It fits: there are \(room)."
            : "It does not fit: there are \(room). Take a smaller profile, context or number of pictures."
    }

    private var peaks: String {
        String(
            format:
                "Peaks: %.0f GFLOP/s in single precision, %.0f GOP/s of bytes, %.1f GB/s of reading.",
            machine.singlePeak / 1e9,
            machine.bytePeak / 1e9,
            machine.readingPeak / 1e9
        )
    }
}
