import Engine
import MMInterleaved
import Tensors

/// What one unit of a stage does.
struct StageCount: Hashable {
    /// Multiplications and additions of products.
    var operations = OperationCounts()
    /// Memory that its computations read and write.
    var byteCount = 0
    /// Computations, at whose ends all workers meet.
    var computationCount = 0
    /// Scratch memory.
    var scratchByteCount = 0
}

/// A model without weights, whose stages are counted instead of computed.
struct CountedModel {
    let configuration: ModelConfiguration
    let formats: FormatPolicy
    /// Memory of the weights as they are packed.
    let weights: WeightMemory
    /// Memory of one position of a sequence.
    let positionByteCount: Int
    /// Pictures to features.
    let encode: StageCount
    /// Prompt through the language model.
    let prefill: StageCount
    /// One more word of a sequence that is as long as the prompt.
    let decode: StageCount
    /// One denoising step, with guidance where that is the model's default.
    let denoise: StageCount
    /// Latents to pixels.
    let render: StageCount
    /// The most positions that go through the language model at once.
    let largestPrefill: StageCount
    /// The longest sequence to what a picture is drawn from.
    let conditioning: StageCount

    /// Counts.
    ///
    /// - Parameters:
    ///   - configuration: The model's.
    ///   - formats: Of its weights.
    ///   - workerCount: Threads that would compute.
    ///   - promptTokenCount: Positions of the prompt, fewer than the model's longest.
    ///   - rowCount: The most positions of a step of the language model; as many as of the prompt if that is more.
    ///   - tableFormat: How the table of the tokens' embeddings is stored.
    /// - Throws: what building the model throws; `DiffusionConfigurationError`.
    init(
        _ configuration: ModelConfiguration,
        _ formats: FormatPolicy,
        workerCount: Int,
        promptTokenCount: Int,
        rowCount: Int = 0,
        tableFormat: FloatFormat = .float32
    ) throws {
        let model = try InterleavedModel(
            Parameters(from: NoParameters(tableFormat: tableFormat), formats: formats),
            configuration
        )
        let meter = StageMeter(workerCount: workerCount)
        self.configuration = configuration
        self.formats = formats
        weights = model.weightMemory
        positionByteCount = model.language.byteCountPerBlock / KeyValuePool.blockSize

        let side = configuration.vision.imageSize
        encode = meter.count { compute in
            _ = model.encode([Matrix(rows: side * side, columns: 3)], compute)
        }
        let sequence = model.language.makeSequence()
        let token = SequenceElement.token(configuration.vocabulary.beginOfSequence)
        let prompt = [SequenceElement](repeating: token, count: promptTokenCount)
        prefill = meter.count { model.language.extend(sequence, with: prompt, $0) }
        let positions = configuration.language.maximumPositionCount
        let rows = min(max(rowCount, promptTokenCount), positions)
        largestPrefill = meter.count { compute in
            let longest = model.language.makeSequence()
            for _ in 0..<rows { longest.append(token) }
            model.language.advance([LanguageWork(sequence: longest, count: rows)], compute)
        }
        let logits = Matrix(rows: 1, columns: model.language.vocabularySize)
        decode = meter.count { compute in
            model.language.extend(sequence, with: [token], compute)
            model.language.logits(after: [sequence], compute, into: logits)
        }
        conditioning = meter.count { compute in
            compute.scope {
                let hidden = compute.scratch(positions, configuration.language.hiddenSize)
                _ = model.imageDecoder.conditioningTokens(of: hidden, compute)
            }
        }
        let drawing = try Self.drawing(model, sequence, meter.makeCompute())
        denoise = meter.count { drawing.step($0) }
        let decoder = model.imageDecoder
        let pixels = Matrix(rows: decoder.pictureSide * decoder.pictureSide, columns: 3)
        render = meter.count { decoder.render([drawing.latents], $0, into: [pixels]) }
    }

    /// A picture after another one, at its first step.
    private static func drawing(
        _ model: InterleavedModel,
        _ sequence: LanguageSequence,
        _ compute: Compute
    ) throws -> Drawing {
        let decoder = model.imageDecoder
        let tokens = decoder.conditioningTokens(of: model.language.hidden(of: sequence), compute)
        let vision = model.configuration.vision
        var parameters = PictureParameters()
        parameters.guidanceScale = model.configuration.defaults.guidanceScale
        return try Drawing(
            decoder,
            conditioning: decoder.unet.conditioning(of: tokens, compute),
            source: decoder.unet.source(
                of: vision.pyramidSides.map {
                    Matrix(rows: $0 * $0, columns: vision.hiddenSize)
                },
                compute
            ),
            parameters: parameters,
            schedulerConfiguration: model.configuration.imageDecoder.scheduler,
            seed: 0
        )
    }
}

/// Counts what a stage would compute.
private struct StageMeter {
    let workerCount: Int
    private let counter = WorkCounter()

    init(workerCount: Int) {
        self.workerCount = workerCount
    }

    /// Makes what only counts, and has no scratch memory yet.
    func makeCompute() -> Compute {
        let compute = Compute(workerCount: 1, shareCount: workerCount)
        compute.pool.counter = counter
        return compute
    }

    func count(_ body: (Compute) -> Void) -> StageCount {
        let before = (counter.byteCount, counter.computationCount)
        let compute = makeCompute()
        body(compute)
        return StageCount(
            operations: compute.operations,
            byteCount: counter.byteCount - before.0,
            computationCount: counter.computationCount - before.1,
            scratchByteCount: compute.workspace.largestByteCount
        )
    }
}
