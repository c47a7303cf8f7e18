internal import MMInterleaved
internal import Tokenization

/// Generates one text segment at the end of a sequence.
struct TextRound {
    let request: ActiveRequest
    let tokenizer: Tokenizer
    let parameters: TextParameters

    /// Generates greedily or by sampling, one text per chooser, all of them continuing `running`.
    ///
    /// The texts advance together, a token each per step. A single text becomes part of `running`
    /// itself; several get sequences of their own, which end with them.
    ///
    /// - Parameters:
    ///   - running: What is continued.
    ///   - choosers: Choose the tokens of a text each.
    ///   - timings: Are told what was computed.
    ///   - core: Where it is computed.
    ///   - emit: Is told each certain piece of text, and of which; with log-probabilities, each token.
    /// - Returns: The texts in the order of the choosers.
    /// - Throws: ``EngineError``.
    func sample(
        _ running: RunningSequence,
        _ choosers: inout [TokenChooser],
        _ timings: inout Timings,
        on core: isolated EngineCore,
        emit: (_ choice: Int, _ text: String, _ logProbabilities: [TokenLogProbability]?) -> Void
    ) async throws -> [TextResult] {
        let vocabulary = core.model.configuration.vocabulary
        let first = try await prefill(running, &timings, on: core)
        let sequences =
            choosers.count == 1 ? [running] : choosers.map { _ in core.fork(running, for: request) }
        defer { if choosers.count > 1 { sequences.forEach(core.remove) } }
        var texts = zip(sequences, choosers).map {
            TextGeneration($0, parameters, vocabulary, tokenizer, $1)
        }
        var toldCounts = texts.map { _ in 0 }
        func advance(_ index: Int, after logits: [Float]) throws -> Int? {
            let (token, text) = try texts[index].advance(after: logits)
            if let token { core.append([.token(token)], to: texts[index].running) }
            let logProbabilities = texts[index].result.logProbabilities
            // A token that ends a text before its first one may make no segment: it is told with the end.
            guard !text.isEmpty || (logProbabilities != nil && token != nil) else { return token }
            emit(index, text, logProbabilities.map { Array($0.dropFirst(toldCounts[index])) })
            toldCounts[index] = logProbabilities?.count ?? 0
            return token
        }
        var rows = texts.map { _ in [first] }
        var draft: [Int] = []
        while true {
            for index in texts.indices where !texts[index].isFinished {
                var place = 0
                // What comes after a token of the draft is true if that token is the one that is chosen.
                while try advance(index, after: rows[index][place]) == draft.dropFirst(place).first,
                    !texts[index].isFinished, place + 1 < rows[index].count
                { place += 1 }
                let count = rows[index].count - 1
                core.drafted(count, accepted: place, of: texts[index].running, for: request)
            }
            let unfinished = texts.indices.filter { !texts[$0].isFinished }
            if unfinished.isEmpty { break }
            let running = unfinished.map { texts[$0].running }
            // Several texts keep each other's rows busy, and go on together.
            draft = texts.count == 1 ? texts[0].draft(upTo: core.maximumDraftCount) : []
            let next = try await core.logits(after: running, draft: draft, for: request)
            for (index, own) in zip(unfinished, next) { rows[index] = own }
        }
        choosers = texts.map(\.chooser)
        return texts.map(\.result)
    }

    /// Generates by beam search; the sequence itself is left as it was.
    func search(
        _ running: RunningSequence,
        _ timings: inout Timings,
        on core: isolated EngineCore
    ) async throws -> [TextResult] {
        let vocabulary = core.model.configuration.vocabulary
        var search = BeamSearch(
            start: vocabulary.beginOfSequence,
            endTokens: TextGeneration.endTokens(vocabulary),
            parameters: parameters
        )
        let first = try await prefill(running, &timings, on: core)
        var beams = (0..<parameters.beamCount).map { _ in core.fork(running, for: request) }
        defer { beams.forEach(core.remove) }
        var logits = beams.map { _ in first }
        var followers = beams.map { _ in TextFollower(tokenizer, parameters) }
        while !search.isDone && !search.isExhausted && beams[0].room > 0 {
            if parameters.stop.isEmpty {
                search.advance(logits: logits)
            } else {
                try search.advance(logits: logits) { beam, token in
                    var follower = followers[beam]
                    _ = try follower.append(token)
                    return follower.isStopped
                }
                followers = try search.beams.map { beam in
                    var follower = followers[beam.parent]
                    if let token = beam.tokens.last { _ = try follower.append(token) }
                    return follower
                }
            }
            if search.isDone || search.isExhausted { break }
            beams = continued(beams, by: search.beams, on: core)
            logits = try await core.logits(after: beams, for: request)
        }
        return try search.results(count: parameters.sequenceCount).map {
            try result($0, vocabulary)
        }
    }

    /// Computes what the text continues, as far as it is not computed yet; returns the logits after it.
    private func prefill(
        _ running: RunningSequence,
        _ timings: inout Timings,
        on core: isolated EngineCore
    ) async throws -> [Float] {
        let start = ContinuousClock.now
        let logits = try await core.logits(after: [running], for: request)
        let duration = start.duration(to: .now)
        timings.prefilled += duration
        // The caller counts the whole round as generation.
        timings.generated -= duration
        return logits[0]
    }

    /// The beams after a step: each goes on from its parent, whose memory it shares.
    private func continued(
        _ beams: [RunningSequence],
        by next: [BeamSearch.Beam],
        on core: isolated EngineCore
    ) -> [RunningSequence] {
        let parents = Set(next.map(\.parent))
        for (index, beam) in beams.enumerated() where !parents.contains(index) { core.remove(beam) }
        var isTaken = beams.map { _ in false }
        let continued = next.map { beam in
            // A parent's first child takes its place; only further ones need a copy.
            guard isTaken[beam.parent] else {
                isTaken[beam.parent] = true
                return beams[beam.parent]
            }
            return core.fork(beams[beam.parent], for: request)
        }
        for (sequence, beam) in zip(continued, next) {
            if let token = beam.tokens.last { core.append([.token(token)], to: sequence) }
        }
        return continued
    }

    private func result(
        _ hypothesis: BeamSearch.Hypothesis,
        _ vocabulary: VocabularyConfiguration
    ) throws -> TextResult {
        let tokens = Array(hypothesis.tokens.dropFirst())
        var follower = TextFollower(tokenizer, parameters)
        var text = ""
        for token in tokens { text += try follower.append(token) }
        text += follower.finish()
        let reason: FinishReason
        switch hypothesis.end {
        case _ where follower.isStopped: reason = .stop
        case vocabulary.beginOfImage: reason = .image
        case .some: reason = .stop
        case nil: reason = .length
        }
        return TextResult(
            text: text,
            tokens: tokens,
            endToken: hypothesis.end,
            finishReason: reason
        )
    }
}
