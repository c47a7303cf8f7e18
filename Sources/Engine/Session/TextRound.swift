internal import MMInterleaved
internal import Tensors
internal import Tokenization

/// Generates one text segment at the end of a sequence.
struct TextRound {
    let model: InterleavedModel
    let compute: Compute
    let tokenizer: Tokenizer
    let parameters: TextParameters

    /// A generated text.
    struct Result {
        /// The words, without what followed a stop text.
        var text = ""
        /// Tokens that became part of the sequence.
        var tokens: [Int] = []
        /// Why the text ended.
        var finishReason = FinishReason.length
        var logProbabilities: [TokenLogProbability]?

        var choice: TextSegment.Choice {
            TextSegment.Choice(
                text: text,
                finishReason: finishReason,
                tokenCount: tokens.count,
                logProbabilities: logProbabilities,
                tokens: tokens
            )
        }
    }

    private var vocabulary: VocabularyConfiguration { model.configuration.vocabulary }

    /// Tokens that end a text: the sequence's end, and the begin of an image.
    static func endTokens(_ vocabulary: VocabularyConfiguration) -> [Int] {
        [vocabulary.endOfSequence, vocabulary.beginOfImage]
    }

    /// Generates greedily or by sampling; every token is computed and stays in the sequence.
    ///
    /// - `emit`: Told each certain piece of text.
    func sample(
        _ sequence: LanguageSequence,
        _ chooser: inout TokenChooser,
        _ guarding: SessionGuard,
        emit: (String) -> Void
    ) throws -> Result {
        var result = Result()
        result.logProbabilities = parameters.logProbabilityCount.map { _ in [] }
        var detokenizer = StreamingDetokenizer(tokenizer: tokenizer)
        var stop = StopText(parameters.stop)
        func take(_ text: String) {
            guard !text.isEmpty else { return }
            result.text += text
            emit(text)
        }
        let row = Matrix(rows: 1, columns: model.language.vocabularySize)
        var logits = [Float](repeating: 0, count: row.columns)
        var raw: [Float] = []
        chooser.restart(at: vocabulary.beginOfSequence)
        while result.tokens.count < parameters.maximumTokenCount
            && sequence.totalCount < sequence.capacity
        {
            try guarding.check()
            model.language.nextLogits(of: sequence, compute, into: row)
            try requireFinite(row)
            row.copy(into: &logits)
            if parameters.logProbabilityCount != nil { raw = logits }
            let token = chooser.choose(from: &logits)
            if Self.endTokens(vocabulary).contains(token) {
                result.finishReason = token == vocabulary.beginOfImage ? .image : .stop
                break
            }
            result.tokens.append(token)
            if let count = parameters.logProbabilityCount {
                result.logProbabilities?.append(
                    TokenLogProbability(of: token, logits: raw, alternatives: count)
                )
            }
            take(stop.append(try detokenizer.append(token)))
            model.language.step(sequence, token: token, compute)
            if stop.isHit {
                result.finishReason = .stop
                break
            }
        }
        take(stop.append(detokenizer.finish()))
        if stop.isHit { result.finishReason = .stop }
        take(stop.finish())
        return result
    }

    /// Generates by beam search; the sequence itself is left as it was.
    func search(
        _ sequence: LanguageSequence,
        _ guarding: SessionGuard
    ) throws -> [Result] {
        var search = BeamSearch(
            start: vocabulary.beginOfSequence,
            endTokens: Self.endTokens(vocabulary),
            parameters: parameters
        )
        var beams = model.language.makeSequences(2 * parameters.beamCount)
        var spares = Array(beams[parameters.beamCount...])
        beams.removeLast(spares.count)
        for beam in beams { beam.copy(from: sequence) }
        let rows = Matrix(rows: beams.count, columns: model.language.vocabularySize)
        while !search.isDone && !search.isExhausted
            && beams[0].totalCount < beams[0].capacity
        {
            try guarding.check()
            model.language.logits(after: beams, compute, into: rows)
            try requireFinite(rows)
            search.advance(
                logits: beams.indices.map { rows.row($0).toArray() }
            )
            if search.isDone || search.isExhausted { break }
            // A beam that continues another takes over its state; most continue themselves.
            for (index, beam) in search.beams.enumerated() where beam.parent != index {
                spares[index].copy(from: beams[beam.parent])
            }
            for (index, beam) in search.beams.enumerated() where beam.parent != index {
                swap(&beams[index], &spares[index])
            }
            for (index, beam) in search.beams.enumerated() {
                beams[index].append(token: beam.tokens[beam.tokens.count - 1])
            }
            model.language.compute(
                beams.map { LanguageWork(sequence: $0, count: 1) },
                compute
            )
        }
        return try search.results(count: parameters.sequenceCount).map(result)
    }

    private func result(_ hypothesis: BeamSearch.Hypothesis) throws -> Result {
        let tokens = Array(hypothesis.tokens.dropFirst())
        var stop = StopText(parameters.stop)
        let text = stop.append(try tokenizer.decode(tokens)) + stop.finish()
        let reason: FinishReason
        switch hypothesis.end {
        case _ where stop.isHit: reason = .stop
        case vocabulary.beginOfImage: reason = .image
        case .some: reason = .stop
        case nil: reason = .length
        }
        return Result(text: text, tokens: tokens, finishReason: reason, logProbabilities: nil)
    }

    private func requireFinite(_ logits: Matrix) throws(EngineError) {
        guard logits.isFinite else {
            throw EngineError(
                .notFinite,
                "the language model computed a logit that is not a number"
            )
        }
    }
}
