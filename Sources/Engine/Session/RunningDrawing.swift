internal import MMInterleaved
internal import Scheduling
internal import Tensors

/// What the pictures of one segment have in common: everything that their steps need and none changes.
///
/// Prepared in the first step, so that its cost is that step's.
///
/// Not `Sendable`: belongs to the engine's thread.
final class DrawingContext {
    /// Keys and values of the conditioning tokens.
    private(set) lazy var conditioning = model.imageDecoder.unet.conditioning(of: tokens, compute)
    /// The projected features of the picture before, if there is one.
    private(set) lazy var source = pyramid.map { model.imageDecoder.unet.source(of: $0, compute) }

    private let model: InterleavedModel
    private let compute: Compute
    private let tokens: Matrix
    private let pyramid: [Matrix]?

    init(_ model: InterleavedModel, _ compute: Compute, tokens: Matrix, pyramid: [Matrix]?) {
        self.model = model
        self.compute = compute
        self.tokens = tokens
        self.pyramid = pyramid
    }
}

/// A picture of a request on its way from noise to latents, and its name with the scheduler.
///
/// Not `Sendable`: belongs to the engine's thread.
final class RunningDrawing {
    let identifier: DrawingIdentifier
    let seed: UInt64
    /// The drawing, once its first step has prepared it.
    private(set) var drawing: Drawing?

    private let context: DrawingContext
    private let parameters: PictureParameters

    init(
        _ identifier: DrawingIdentifier,
        _ context: DrawingContext,
        _ parameters: PictureParameters,
        seed: UInt64
    ) {
        self.identifier = identifier
        self.context = context
        self.parameters = parameters
        self.seed = seed
    }

    /// Number of steps in all.
    var stepCount: Int { drawing?.stepCount ?? parameters.stepCount }
    /// Whether all steps have been taken.
    var isFinished: Bool { drawing?.isFinished ?? false }
    /// The drawing, prepared if it is not yet.
    ///
    /// - Throws: ``EngineError`` if the number of steps is not possible.
    func prepared(_ model: InterleavedModel) throws(EngineError) -> Drawing {
        if let drawing { return drawing }
        do {
            let drawing = try Drawing(
                model.imageDecoder,
                conditioning: context.conditioning,
                source: context.source,
                parameters: parameters,
                schedulerConfiguration: model.configuration.imageDecoder.scheduler,
                seed: seed
            )
            self.drawing = drawing
            return drawing
        } catch let error as DiffusionConfigurationError {
            throw EngineError(
                .invalidRequest,
                field: .stepCount,
                "\(error.field): \(error.detail)"
            )
        } catch {
            throw EngineError(error)
        }
    }
}
