import Engine
import Images
import MMInterleaved

/// What one model makes of the prompts of a comparison.
struct ComparisonAnswers {
    var texts: [ReadText] = []
    var pictures: [RGBImage] = []
}

extension Comparison {
    /// Seed of the noise of a picture.
    func seed(ofDrawing index: Int) -> UInt64 { seed &+ UInt64(index) }

    /// Loads a model, reads texts and draws pictures.
    ///
    /// - Parameters:
    ///   - model: The model, in memory until this returns.
    ///   - texts: What follows the prompts; nil for what the model finds most likely.
    /// - Returns: A text per prompt, a picture per drawing.
    /// - Throws: what loading the model throws; ``CommandError`` for prompts that do not fit.
    func answers(of model: ComparedModel, after texts: [ReadText]?) throws -> ComparisonAnswers {
        let loaded = try LoadedModel.load(model.stored, profile: model.profile)
        var answers = ComparisonAnswers()
        if !prompts.isEmpty {
            let words = NextWords(loaded, model.tokenizer, workers: workerCount)
            var bar = ProgressBar("reading with \(model.name)")
            defer { bar.finish() }
            for (index, prompt) in prompts.enumerated() {
                bar.show(Double(index) / Double(prompts.count), "\(index)/\(prompts.count)")
                answers.texts.append(
                    try words.read(prompt, texts?[index].tokens, count: tokenCount)
                )
            }
        }
        if !drawings.isEmpty {
            var configuration = Engine.Configuration()
            configuration.workerCount = workerCount
            let engine = try Engine(
                loaded,
                tokenizer: model.tokenizer,
                configuration: configuration
            )
            answers.pictures = try draw(engine, model.name)
        }
        return answers
    }

    private func draw(_ engine: Engine, _ name: String) throws -> [RGBImage] {
        var bar = ProgressBar("drawing with \(name)")
        defer { bar.finish() }
        return try drawings.enumerated().map { index, prompt in
            try EngineError.naming({ $0 == .stepCount ? "--steps" : prompt.place }) {
                try picture(engine, request(after: prompt, seed: seed(ofDrawing: index))) { share in
                    bar.show(
                        (Double(index) + share) / Double(drawings.count),
                        "\(index)/\(drawings.count)"
                    )
                }
            }
        }
    }

    private func request(after prompt: ComparisonPrompt, seed: UInt64) -> InterleaveRequest {
        var request = InterleaveRequest()
        request.input = prompt.parts
        request.mode = .image
        request.seed = seed
        let defaults = first.configuration.defaults
        request.picture.stepCount = stepCount ?? defaults.stepCount
        request.picture.guidanceScale = defaults.guidanceScale
        if let method = DiffusionMethod(rawValue: defaults.scheduler) {
            request.picture.method = method
        }
        return request
    }

    /// Draws one picture.
    private func picture(
        _ engine: Engine,
        _ request: InterleaveRequest,
        progress: (Double) -> Void
    ) throws -> RGBImage {
        let events = EventQueue<EngineEvent>()
        _ = try engine.submit(request) { events.send($0) }
        var drawn: RGBImage?
        while true {
            switch events.next() {
            case .imageProgress(_, _, let step, let stepCount, _):
                progress(Double(step) / Double(stepCount))
            case .segmentDone(.image(let segment)): drawn = segment.pictures.first?.image
            case .failed(let error): throw error
            case .completed:
                guard let drawn else {
                    throw EngineError(.internalFailure, "the answer has no picture")
                }
                return drawn
            default: break
            }
        }
    }
}
