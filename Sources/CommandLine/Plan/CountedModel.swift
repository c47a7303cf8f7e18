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
    /// Scratch memory of the greediest of these.
    let scratchByteCount: Int

    /// Counts.
    ///
    /// - Parameters:
    ///   - configuration: The model's.
    ///   - formats: Of its weights.
    ///   - workerCount: Threads that would compute.
    ///   - promptTokenCount: Positions of the prompt, fewer than the model's longest.
    /// - Throws: what building the model throws; `DiffusionConfigurationError`.
    init(
        _ configuration: ModelConfiguration,
        _ formats: FormatPolicy,
        workerCount: Int,
        promptTokenCount: Int
    ) throws {
        let model = try InterleavedModel(
            Parameters(from: NoParameters(), formats: formats),
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
        prefill = meter.count { compute in
            let prompt = [SequenceElement](repeating: token, count: promptTokenCount)
            model.language.extend(sequence, with: prompt, compute)
        }
        let logits = Matrix(rows: 1, columns: model.language.vocabularySize)
        decode = meter.count { compute in
            model.language.extend(sequence, with: [token], compute)
            model.language.logits(after: [sequence], compute, into: logits)
        }
        let drawing = try Self.drawing(model, sequence, meter.compute)
        denoise = meter.count { drawing.step($0) }
        let decoder = model.imageDecoder
        let pixels = Matrix(rows: decoder.pictureSide * decoder.pictureSide, columns: 3)
        render = meter.count { decoder.render([drawing.latents], $0, into: [pixels]) }
        scratchByteCount = meter.compute.workspace.byteCount
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
    let compute: Compute
    private let counter = WorkCounter()

    init(workerCount: Int) {
        compute = Compute(workerCount: 1, shareCount: workerCount)
        compute.pool.counter = counter
    }

    func count(_ body: (Compute) -> Void) -> StageCount {
        let before = (compute.operations, counter.byteCount, counter.computationCount)
        body(compute)
        return StageCount(
            operations: compute.operations.subtracting(before.0),
            byteCount: counter.byteCount - before.1,
            computationCount: counter.computationCount - before.2
        )
    }
}

extension OperationCounts {
    fileprivate func subtracting(_ other: OperationCounts) -> OperationCounts {
        var rest = self
        rest.single -= other.single
        rest.brainFloat -= other.brainFloat
        rest.whole -= other.whole
        return rest
    }
}
