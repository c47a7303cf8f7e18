import MMInterleaved
import Tensors

/// What a machine can do, as far as it decides how long a stage takes.
struct PlannedMachine: Hashable, Encodable {
    /// Workers.
    var cores: Int
    /// Operations per second on numbers in single precision, of all workers.
    var singlePeak: Double
    /// On bfloat16 numbers.
    var brainFloatPeak: Double
    /// On bytes.
    var bytePeak: Double
    /// Bytes of memory that all workers together read per second.
    var readingPeak: Double

    private enum CodingKeys: String, CodingKey {
        case cores
        case singlePeak = "f32_operations_per_second"
        case brainFloatPeak = "bf16_operations_per_second"
        case bytePeak = "int8_operations_per_second"
        case readingPeak = "read_bytes_per_second"
    }

    /// Measures this machine, for about a second.
    static func measured(_ compute: Compute) -> PlannedMachine {
        let single = MachinePeakMeter(compute, .f32).measure()
        let bytes = MachinePeakMeter(compute, .w8a8).measure()
        // bfloat16 is made of single precision, but for tiles, which do half as much as of bytes.
        let hasTiles = InstructionSets.used == "amx"
        return PlannedMachine(
            cores: compute.pool.workerCount,
            singlePeak: single.operations.best,
            brainFloatPeak: hasTiles ? bytes.operations.best / 2 : single.operations.best,
            bytePeak: bytes.operations.best,
            readingPeak: max(single.reading.best, bytes.reading.best)
        )
    }

    /// The same kind of machine with other numbers of cores and another bandwidth.
    ///
    /// - Parameters:
    ///   - cores: Workers; nil for as many.
    ///   - bandwidth: Bytes per second; nil for what was measured.
    /// - Returns: The machine.
    func with(cores: Int?, bandwidth: Double?) -> PlannedMachine {
        var machine = self
        let factor = Double(cores ?? self.cores) / Double(self.cores)
        machine.cores = cores ?? self.cores
        machine.singlePeak *= factor
        machine.brainFloatPeak *= factor
        machine.bytePeak *= factor
        machine.readingPeak = bandwidth ?? readingPeak
        return machine
    }

    /// Seconds of a stage that is counted.
    ///
    /// Products reach a share of their peak, reading another of its own; the longer of the two decides. Then every
    /// computation has an end at which all workers meet. What is assumed is in docs/MODELS.md.
    func seconds(_ count: StageCount) -> Double {
        let computing = computingFloor(count) / Self.productShare
        let reading = readingFloor(count) / Self.readingShare
        return max(computing, reading) + Double(count.computationCount) * Self.meetingSeconds
    }

    /// Seconds below which no program computes a stage that is counted: the longer one of all products at their peak and
    /// all reading at its own.
    func floor(_ count: StageCount) -> Double {
        max(computingFloor(count), readingFloor(count))
    }

    private func computingFloor(_ count: StageCount) -> Double {
        Double(count.operations.single) / singlePeak
            + Double(count.operations.brainFloat) / brainFloatPeak
            + Double(count.operations.whole) / bytePeak
    }

    private func readingFloor(_ count: StageCount) -> Double {
        Double(count.byteCount) / readingPeak
    }

    private static let productShare = 0.6
    private static let readingShare = 0.9
    private static let meetingSeconds = 1e-6
}

/// How long answers take that nobody else waits beside.
struct TimePlan: Hashable, Encodable {
    /// Seconds of a stage's unit.
    let stages: [String: Double]
    /// Seconds of a stage's unit that no program undercuts on this machine.
    let floors: [String: Double]
    /// A picture in, 32 words out.
    let caption: Double
    /// The prompt in, a picture out.
    let picture: Double
    /// A picture and the prompt in, 32 words and a picture out.
    let interleaved: Double

    /// Words of an answer.
    static let wordCount = 32

    /// Predicts.
    init(_ model: CountedModel, _ machine: PlannedMachine) {
        let encode = machine.seconds(model.encode)
        let prefill = machine.seconds(model.prefill)
        let decode = machine.seconds(model.decode)
        let denoise = machine.seconds(model.denoise)
        let render = machine.seconds(model.render)
        stages = [
            "encode": encode, "prefill": prefill, "decode": decode, "denoise": denoise,
            "render": render,
        ]
        floors = [
            "encode": model.encode, "prefill": model.prefill, "decode": model.decode,
            "denoise": model.denoise, "render": model.render,
        ].mapValues(machine.floor)
        let words = Double(Self.wordCount) * decode
        let drawing = Double(model.configuration.defaults.stepCount) * denoise + render
        caption = encode + prefill + words
        picture = prefill + drawing
        interleaved = encode + prefill + words + drawing
    }
}
