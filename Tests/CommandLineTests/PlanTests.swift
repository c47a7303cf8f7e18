import Engine
import JSON
import MMInterleaved
import ModelTestSupport
import Scheduling
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
        #expect(abs(machine.floor(products) - 0.6) < 1e-6)
        #expect(abs(machine.floor(reading) - 0.9) < 1e-6)
        let larger = machine.with(cores: 4, bandwidth: 2e9)
        #expect(abs(larger.seconds(products) - 0.5) < 1e-6)
        #expect(abs(larger.seconds(reading) - 0.5) < 1e-6)
        #expect(machine.with(cores: nil, bandwidth: nil) == machine)
    }

    @Test("What is counted as scratch memory is what the stages take")
    func scratch() throws {
        let counted = try counted()
        let model = try model(.f32)
        let plan = MemoryPlan(counted, positionCount: 64, pictureCount: 1)
        let compute = Compute(workerCount: 2)
        let side = model.imageDecoder.pictureSide
        let latents = Matrix(
            rows: model.imageDecoder.latentSide * model.imageDecoder.latentSide,
            columns: model.imageDecoder.latentChannels
        )
        let pixels = Matrix(rows: side * side, columns: 3)
        model.imageDecoder.render([latents], compute, into: [pixels])
        #expect(compute.workspace.largestByteCount == plan.scratch.render)
        #expect(plan.scratchByteCount >= max(plan.scratch.render, plan.scratch.denoise))
        let (encode, language) = (plan.scratch.encode, plan.scratch.language)
        #expect(plan.scratch.byteCount(encoding: 100, denoising: 1) == 100 * encode + language)
    }

    @Test("Words that interrupt a step on pictures have scratch memory of their own")
    func nestedScratch() throws {
        let rowCount = 32
        let counted = try CountedModel(
            TinyModel.wideConfiguration,
            .f32,
            workerCount: 2,
            promptTokenCount: 8,
            rowCount: rowCount
        )
        let plan = MemoryPlan(counted, positionCount: 64, pictureCount: 1)
        let model = try model(.f32)
        let compute = Compute(workerCount: 2)
        let side = model.configuration.vision.imageSize
        let prompt = [SequenceElement](repeating: .token(1), count: rowCount)
        var count = 0
        compute.pool.interruption = Interruption {
            true
        } _: {
            count += 1
            model.language.extend(model.language.makeSequence(), with: prompt, compute)
        }
        _ = model.encode([Matrix(rows: side * side, columns: 3)], compute)
        #expect(count > 0)
        let most = compute.workspace.largestByteCount
        #expect(most > max(plan.scratch.encode, plan.scratch.language))
        #expect(most <= plan.scratch.encode + plan.scratch.language)
        #expect(most <= plan.scratchByteCount)
    }

    @Test("The table of embeddings counts as it is stored")
    func table() throws {
        let half = try CountedModel(
            TinyModel.wideConfiguration,
            .f32,
            workerCount: 2,
            promptTokenCount: 8,
            tableFormat: .float16
        )
        let (size, width) = (half.configuration.vocabulary.size, 64)
        func sum(_ model: CountedModel) -> Int {
            model.weights.byteCounts.reduce(0) { $0 + $1.byteCount }
        }
        #expect(try sum(counted()) - sum(half) == 2 * size * width)
        let place = WeightMemory.Place(part: "mm_decoder", format: "f16")
        #expect(half.weights.byteCounts.contains { $0.place == place })
    }

    private func served(
        _ plan: MemoryPlan,
        _ configuration: DaemonConfiguration,
        usable: Int?
    ) throws -> ServedMemory {
        try ServedMemory(
            plan,
            sequencePictureCount: TinyModel.wideConfiguration.language.maximumImageCount,
            configuration,
            usableByteCount: usable
        )
    }

    @Test("Budgets stay where they fit; those that nobody has set give way to memory")
    func budgets() throws {
        let plan = MemoryPlan(try counted(), positionCount: 64, pictureCount: 1)
        var configuration = DaemonConfiguration()
        configuration.unsetNames = ["kv_cache_bytes", "drawing_bytes"]
        let before = configuration.engine
        for usable in [nil, 1 << 40] {
            let memory = try served(plan, configuration, usable: usable)
            #expect(memory.engine == before && memory.change(from: before) == nil)
        }
        let tight = try served(plan, configuration, usable: 3 << 29)
        #expect(tight.engine.keyValueByteBudget < before.keyValueByteBudget)
        #expect(tight.engine.drawingByteBudget < before.drawingByteBudget)
        #expect(tight.engine.imageByteBudget == before.imageByteBudget)
        #expect(tight.change(from: before)?.contains("kv_cache_bytes") == true)
        #expect(tight.change(from: before)?.contains("image_cache_bytes") == false)
        #expect(tight.warning == nil)
        #expect(tight.summary.hasPrefix("Memory: ") && tight.summary.hasSuffix(", of 1.5 GiB."))
        configuration.unsetNames = []
        let set = try served(plan, configuration, usable: 3 << 29)
        #expect(set.engine.keyValueByteBudget == before.keyValueByteBudget)
        #expect(set.warning?.contains("kv_cache_bytes") == true)
        let error = #expect(throws: CommandError.self) {
            _ = try served(plan, configuration, usable: plan.totalByteCount - 1)
        }
        #expect("\(try #require(error))".contains("w4a8"))
    }

    @Test("Where memory_bytes is what there is too little of, the advice is to raise that")
    func advice() throws {
        let plan = MemoryPlan(try counted(), positionCount: 64, pictureCount: 1)
        var configuration = DaemonConfiguration()
        func refusal(_ usable: Int) -> String {
            let error = #expect(throws: CommandError.self) {
                _ = try served(plan, configuration, usable: usable)
            }
            return error.map { "\($0)" } ?? ""
        }
        let few = plan.totalByteCount - 1
        #expect(refusal(few).contains("raise the limit of the process"))
        #expect(
            try served(plan, configuration, usable: 1 << 30).warning?.contains("system") == true
        )
        configuration.memoryByteCount = few
        #expect(refusal(few).contains("memory_bytes") && refusal(few).contains("raise it"))
        configuration.memoryByteCount = 1 << 30
        let warning = try served(plan, configuration, usable: 1 << 30).warning
        #expect(warning?.contains("memory_bytes") == true && warning?.contains("system") == false)
        // A limit of the machine may be stronger.
        #expect(refusal(few).contains("raise the limit of the process"))
    }

    /// A plan of a large model in which nothing is there but what is named.
    private static func plan(
        weights: Int,
        picture: Int,
        scratch: MemoryPlan.Scratch
    ) -> MemoryPlan {
        MemoryPlan(
            weightByteCount: weights,
            keyValueByteCount: 900 << 20,
            pictureByteCount: 4 * picture,
            pictureCount: 4,
            drawingByteCount: 300 << 20,
            scratch: scratch
        )
    }

    @Test("Where memory is short, steps have fewer pictures, and sequences fewer")
    func shortMemory() throws {
        let plan = Self.plan(
            weights: 9 << 30,
            picture: 80 << 20,
            scratch: .init(
                encode: 90 << 20,
                language: 1 << 20,
                denoise: 300 << 20,
                render: 400 << 20
            )
        )
        var configuration = DaemonConfiguration()
        configuration.unsetNames = [
            "kv_cache_bytes", "image_cache_bytes", "drawing_bytes", "max_pending_bytes",
            "max_decoding_pixels",
        ]
        func memory(_ usable: Int) throws -> ServedMemory {
            try ServedMemory(
                plan,
                sequencePictureCount: 50,
                configuration,
                usableByteCount: usable
            )
        }
        let ample = try memory(32 << 30)
        #expect(ample.engine == configuration.engine && ample.warning == nil)
        let tight = try memory(plan.totalByteCount)
        #expect(tight.engine.scheduling.maximumSampleCount == 2)
        #expect(tight.engine.scheduling.maximumEncodeCount == 4)
        #expect(tight.engine.leastImageCount == 4)
        #expect(tight.engine.imageByteBudget == plan.pictureByteCount)
        #expect(tight.engine.maximumDecodingPixelCount == configuration.engine.maximumPixelCount)
        #expect(tight.scratchByteCount == 401 << 20)
        let change = try #require(tight.change(from: configuration.engine))
        #expect(change.contains("at most 1 drawn in a step"))
        #expect(change.contains("at most 4 pictures in a sequence"))
        // Everything but the features of the pictures of the longest sequence.
        let middle = try memory(15 << 30)
        #expect(middle.engine.scheduling == configuration.engine.scheduling)
        let count = middle.engine.imageByteBudget / plan.onePictureByteCount
        #expect((5..<50).contains(count))
        #expect(middle.warning == nil)
    }

    @Test("Stages that take no more than a moment compute once before the first request")
    func warmUp() throws {
        let warmUp = WarmUp(try counted(), workerCount: 2)
        #expect(warmUp.stages == Set(Stage.allCases) && warmUp.others.isEmpty)
        let large = try CountedModel(
            ShapeCatalog.configuration("mm-interleaved-13b"),
            FormatPolicy(.w4a8),
            workerCount: 2,
            promptTokenCount: 1
        )
        #expect(WarmUp(large, workerCount: 1).others.contains(.render))
    }
}
