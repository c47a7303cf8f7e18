package import Images
internal import MMInterleaved
internal import Scheduling

/// What a request would do: sizes that are exact, most that it may need, and times by what such steps took before.
package struct RequestForecast: Sendable {
    /// Positions of the prompt, exactly.
    package let promptTokenCount: Int
    /// The pictures of the input as the model sees them.
    package let pictures: [RGBImage]
    /// Most positions of a sequence, the prompt's included.
    package let positionCount: Int
    /// Most sequences at the same time.
    package let sequenceCount: Int
    /// Most memory for keys and values, in bytes.
    package let keyValueByteCount: Int
    /// Memory for features of pictures, in bytes.
    package let imageByteCount: Int
    /// Pictures that are drawn at the same time.
    package let drawingCount: Int
    /// Times of an answer as long as it may become, if nothing is found in caches and nobody else computes.
    package let times: Times

    /// Expected times by stage; nil for a stage that has never run.
    package struct Times: Hashable, Sendable {
        /// Pictures to features.
        package var encode: Duration?
        /// Prompt through the language model.
        package var prefill: Duration?
        /// All tokens of all texts.
        package var generate: Duration?
        /// Denoising steps.
        package var denoise: Duration?
        /// Latents to pixels.
        package var render: Duration?

        /// The sum; nil if a part of it is.
        package var total: Duration? {
            let parts = [encode, prefill, generate, denoise, render]
            return parts.allSatisfy { $0 != nil }
                ? parts.reduce(.zero) { $0 + ($1 ?? .zero) } : nil
        }
    }
}

extension RequestForecast {
    /// The forecast for a request whose input is read.
    ///
    /// - Parameters:
    ///   - prompt: The input.
    ///   - request: What is asked for, with or without its input.
    ///   - bounds: What it may need at most, with the positions that the prompt has.
    ///   - costs: What steps took.
    ///   - core: Sizes of memory.
    init(
        _ prompt: Prompt,
        _ request: InterleaveRequest,
        _ bounds: RequestBounds,
        _ costs: CostModel,
        _ core: EngineCore
    ) {
        promptTokenCount = prompt.tokens.count
        pictures = prompt.pictures.map(\.image)
        positionCount = bounds.positionCount
        sequenceCount = bounds.sequenceCount
        keyValueByteCount =
            bounds.blockCount(blockSize: KeyValuePool.blockSize)
            * core.byteCount(of: .positionBlocks)
        imageByteCount = bounds.imageCount * core.byteCount(of: .imageFeatures)
        drawingCount = bounds.drawingCount
        times = Times(prompt, request, costs)
    }
}

extension RequestForecast.Times {
    fileprivate init(_ prompt: Prompt, _ request: InterleaveRequest, _ costs: CostModel) {
        // Words and pictures in turn: of the segments every other is a picture, the first if it is forced to be one.
        let segments = request.maximumSegmentCount
        let (textCount, pictureCount) =
            switch request.mode {
            case .text: (1, 0)
            case .image: (0, 1)
            case .interleave:
                request.force == .image
                    ? (segments / 2, (segments + 1) / 2) : ((segments + 1) / 2, segments / 2)
            }
        func time(_ stage: Stage, _ unitCount: Int, times count: Int) -> Duration? {
            guard count > 0, unitCount > 0 else { return .zero }
            return costs[stage].prediction(unitCount: unitCount).map { $0 * count }
        }
        let (text, picture) = (request.text, request.picture)
        let sequences = text.beamCount > 1 ? text.beamCount : text.sequenceCount
        // What was drawn is read before words go on after it.
        let readCount = request.mode == .interleave ? max(0, pictureCount - 1) : 0
        encode = time(.encode, 1, times: prompt.pictures.count + readCount)
        prefill = time(.language, prompt.tokens.count, times: 1)
        generate = time(.language, sequences, times: textCount * text.maximumTokenCount)
        let samples = picture.count * (picture.guidanceScale > 1 ? 2 : 1)
        denoise = time(.denoise, samples, times: pictureCount * picture.stepCount)
        render = time(.render, picture.count, times: pictureCount)
    }
}
