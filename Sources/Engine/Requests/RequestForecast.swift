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
    /// Memory for these, in bytes.
    package let drawingByteCount: Int
    /// Times of the longest answer that there may be, if nothing is found in caches and nobody else computes.
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
        let model = core.model.configuration
        promptTokenCount = prompt.tokens.count
        pictures = prompt.pictures.map(\.image)
        positionCount = min(bounds.positionCount, model.language.maximumPositionCount)
        sequenceCount = bounds.sequenceCount
        keyValueByteCount =
            bounds.blockCount(blockSize: KeyValuePool.blockSize)
            * core.byteCount(of: .positionBlocks)
        imageByteCount = bounds.imageCount * core.byteCount(of: .imageFeatures)
        drawingCount = bounds.drawingCount
        drawingByteCount = bounds.drawingCount * core.byteCount(of: .drawings)
        times =
            LongestAnswer.all(to: prompt, request, model)
            .map { RequestForecast.Times($0, prompt, request, model, costs) }
            .max { ($0.total ?? .zero) < ($1.total ?? .zero) } ?? RequestForecast.Times()
    }
}

/// The most that an answer may consist of: with more pictures there are fewer words.
private struct LongestAnswer {
    /// Segments that are pictures.
    let pictureCount: Int
    /// Tokens of all texts of a sequence.
    let tokenCount: Int

    /// Those of which none is shorter than another in everything.
    ///
    /// A picture may follow another, a text only a picture. Both end where the context has no more room.
    static func all(
        to prompt: Prompt,
        _ request: InterleaveRequest,
        _ model: ModelConfiguration
    ) -> [LongestAnswer] {
        let room = max(0, model.language.maximumPositionCount - prompt.tokens.count)
        let mostTokens = request.text.maximumTokenCount
        switch request.mode {
        case .text: return [.init(pictureCount: 0, tokenCount: min(mostTokens, room))]
        case .image: return [.init(pictureCount: 1, tokenCount: 0)]
        case .interleave:
            let pictureRoom = room / (model.imageTokenCount + 1)
            let imageRoom = model.language.imagesPerContext - prompt.pictures.count
            let most = max(0, min(request.maximumSegmentCount, pictureRoom, imageRoom))
            let least = request.force == .image ? min(1, most) : 0
            return (least...most).map { pictureCount in
                let gapCount = request.force == .image ? pictureCount : pictureCount + 1
                let textCount = min(request.maximumSegmentCount - pictureCount, gapCount)
                let left = room - pictureCount * (model.imageTokenCount + 1)
                let tokenCount = min(textCount * mostTokens, left)
                return .init(pictureCount: pictureCount, tokenCount: tokenCount)
            }
        }
    }
}

extension RequestForecast.Times {
    fileprivate init(
        _ answer: LongestAnswer,
        _ prompt: Prompt,
        _ request: InterleaveRequest,
        _ model: ModelConfiguration,
        _ costs: CostModel
    ) {
        func time(_ stage: Stage, _ unitCount: Int, times count: Int) -> Duration? {
            guard count > 0, unitCount > 0 else { return .zero }
            return costs[stage].prediction(unitCount: unitCount).map { $0 * count }
        }
        let (text, picture) = (request.text, request.picture)
        // What was drawn is read before the answer goes on after it.
        let readCount = request.mode == .interleave ? max(0, answer.pictureCount - 1) : 0
        encode = time(.encode, 1, times: prompt.pictures.count + readCount)
        func prefillTime(_ positionCount: Int, times count: Int) -> Duration? {
            guard count > 0, positionCount > 0 else { return .zero }
            return costs.promptTime(positionCount: positionCount).map { $0 * count }
        }
        let prompted = prefillTime(prompt.tokens.count, times: 1)
        let read = prefillTime(model.imageTokenCount + 1, times: readCount)
        prefill = prompted.flatMap { prompted in read.map { prompted + $0 } }
        let sequences = text.beamCount > 1 ? text.beamCount : text.sequenceCount
        generate = time(.language, sequences, times: answer.tokenCount)
        let samples = picture.count * (picture.guidanceScale > 1 ? 2 : 1)
        denoise = time(.denoise, samples, times: answer.pictureCount * picture.stepCount)
        render = time(.render, picture.count, times: answer.pictureCount)
    }
}
