import Engine
import JSON
import MMInterleaved
import ModelTestSupport
import Tensors
import Testing

@testable import CommandLine

@Suite("plan")
struct PlanTests {
    private func counted(
        _ profile: FormatPolicy.Profile = .f32,
        tokens: Int = 8
    ) throws -> CountedModel {
        try CountedModel(
            TinyModel.wideConfiguration,
            FormatPolicy(profile),
            workerCount: 2,
            promptTokenCount: tokens
        )
    }

    private func model(_ formats: FormatPolicy) throws -> InterleavedModel {
        try InterleavedModel(
            Parameters(from: RandomParameters(seed: 1), formats: formats),
            TinyModel.wideConfiguration
        )
    }

    @Test("What is counted is what is computed", arguments: FormatPolicy.Profile.allCases)
    func counts(profile: FormatPolicy.Profile) throws {
        let counted = try counted(profile)
        let model = try model(FormatPolicy(profile))
        let compute = Compute(workerCount: 2)
        let side = model.configuration.vision.imageSize
        _ = model.encode([Matrix(rows: side * side, columns: 3)], compute)
        #expect(compute.operations == counted.encode.operations)
        #expect(counted.encode.operations.total > 0 && counted.encode.computationCount > 0)
        let before = compute.floatingPointOperationCount
        let sequence = model.language.makeSequence()
        let prompt = [SequenceElement](repeating: .token(1), count: 8)
        model.language.extend(sequence, with: prompt, compute)
        let operations = compute.floatingPointOperationCount - before
        #expect(operations == counted.prefill.operations.total)
        let weights = model.weightMemory.byteCounts.map(\.byteCount)
        #expect(counted.weights.byteCounts.map(\.byteCount) == weights)
    }

    @Test("The total is the sum of the parts, and grows with positions and pictures")
    func memory() throws {
        let counted = try counted(.w8a8)
        let small = MemoryPlan(counted, positionCount: 16, pictureCount: 1)
        #expect(small.rows.dropLast().reduce(0) { $0 + $1.byteCount } == small.totalByteCount)
        let large = MemoryPlan(counted, positionCount: 64, pictureCount: 3)
        #expect(
            large.totalByteCount - small.totalByteCount
                == 48 * counted.positionByteCount
                + 2 * EncodedImage.byteCount(of: counted.configuration)
        )
        let json = try JSON(encoding: small).prettyText
        #expect(json.contains("\"total_bytes\": \(small.totalByteCount)"))
    }

    @Test("A stage takes as long as its products or its memory, and more on fewer cores")
    func seconds() {
        let machine = PlannedMachine(
            cores: 2,
            singlePeak: 1e9,
            brainFloatPeak: 1e9,
            bytePeak: 4e9,
            readingPeak: 1e9
        )
        var products = StageCount()
        products.operations.single = 600_000_000
        #expect(abs(machine.seconds(products) - 1) < 1e-6)
        var reading = StageCount()
        reading.byteCount = 900_000_000
        #expect(abs(machine.seconds(reading) - 1) < 1e-6)
        let larger = machine.with(cores: 4, bandwidth: 2e9)
        #expect(abs(larger.seconds(products) - 0.5) < 1e-6)
        #expect(abs(larger.seconds(reading) - 0.5) < 1e-6)
        #expect(machine.with(cores: nil, bandwidth: nil) == machine)
    }

    @Test("Budgets stay where they fit; those that nobody has set give way to memory")
    func budgets() throws {
        let plan = MemoryPlan(try counted(), positionCount: 64, pictureCount: 1)
        var configuration = DaemonConfiguration()
        configuration.unsetNames = ["kv_cache_bytes", "drawing_bytes"]
        let before = configuration.engine
        for usable in [nil, 1 << 40] {
            let memory = try ServedMemory(plan, configuration, usableByteCount: usable)
            #expect(memory.engine == before && memory.change(from: before) == nil)
        }
        let tight = try ServedMemory(plan, configuration, usableByteCount: 3 << 29)
        #expect(tight.engine.keyValueByteBudget < before.keyValueByteBudget)
        #expect(tight.engine.drawingByteBudget < before.drawingByteBudget)
        #expect(tight.engine.imageByteBudget == before.imageByteBudget)
        #expect(tight.change(from: before)?.contains("kv_cache_bytes") == true)
        #expect(tight.change(from: before)?.contains("image_cache_bytes") == false)
        #expect(tight.warning == nil)
        #expect(tight.summary.hasPrefix("Memory: ") && tight.summary.hasSuffix(", of 1.5 GiB."))
        configuration.unsetNames = []
        let set = try ServedMemory(plan, configuration, usableByteCount: 3 << 29)
        #expect(set.engine == before && set.warning?.contains("kv_cache_bytes") == true)
        let error = #expect(throws: CommandError.self) {
            _ = try ServedMemory(plan, configuration, usableByteCount: plan.totalByteCount - 1)
        }
        #expect("\(try #require(error))".contains("w4a8"))
    }
}
