internal import MMInterleaved
internal import Scheduling
internal import Tensors

extension EngineCore {
    /// Has stages compute once, and takes the scratch memory of the greediest: page faults, waking threads and what is
    /// built at first use are then nobody's first request.
    ///
    /// - Parameters:
    ///   - stages: Which of them; what they compute is thrown away.
    ///   - scratchByteCount: Scratch memory that steps will need at most.
    func warmUp(_ stages: Set<Stage>, scratchByteCount: Int) {
        compute.workspace.reserve(byteCount: scratchByteCount)
        let configuration = model.configuration
        if stages.contains(.encode) {
            let side = configuration.vision.imageSize
            _ = model.encode([Matrix(rows: side * side, columns: 3)], compute)
        }
        guard stages.contains(.language) else { return }
        let sequence = model.language.makeSequence()
        let token = SequenceElement.token(configuration.vocabulary.beginOfSequence)
        model.language.extend(sequence, with: [token], compute)
        let logits = Matrix(rows: 1, columns: model.language.vocabularySize)
        model.language.logits(after: [sequence], compute, into: logits)
        guard stages.contains(.denoise) || stages.contains(.render) else { return }
        guard let drawing = try? firstDrawing(after: sequence) else { return }
        if stages.contains(.denoise) { drawing.step(compute) }
        guard stages.contains(.render) else { return }
        let side = model.imageDecoder.pictureSide
        model.imageDecoder.render(
            [drawing.latents],
            compute,
            into: [Matrix(rows: side * side, columns: 3)]
        )
    }

    private func firstDrawing(after sequence: LanguageSequence) throws -> Drawing {
        let decoder = model.imageDecoder
        let tokens = decoder.conditioningTokens(of: model.language.hidden(of: sequence), compute)
        var parameters = PictureParameters()
        parameters.guidanceScale = model.configuration.defaults.guidanceScale
        return try Drawing(
            decoder,
            conditioning: decoder.unet.conditioning(of: tokens, compute),
            source: nil,
            parameters: parameters,
            schedulerConfiguration: model.configuration.imageDecoder.scheduler,
            seed: 0
        )
    }
}
