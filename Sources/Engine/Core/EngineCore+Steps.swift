internal import Images
internal import MMInterleaved
internal import Scheduling
internal import Tensors

/// What a step computed for those who wait.
struct StepResults {
    /// What was demanded of sequences that are computed now.
    var language: [SequenceIdentifier: LanguageResult] = [:]
    /// What drawings look like.
    var pictures: [DrawingIdentifier: RGBImage] = [:]
    /// Requests that the step found to be wrong; they end after it, the others are not touched.
    var failures: [(request: ActiveRequest, error: EngineError)] = []

    /// Takes note of numbers that are none.
    fileprivate mutating func fail(_ request: ActiveRequest, computed what: String) {
        failures.append((request, EngineError(.notFinite, what)))
    }
}

/// Computes what the scheduler planned.
extension EngineCore {
    /// Computes a step.
    func execute(_ plan: StepPlan) -> StepResults {
        switch plan {
        case .encode(let plan): encode(plan)
        case .language(let plan): advance(plan)
        case .denoise(let items): denoise(items.compactMap { denoiseWaits[$0.drawing] })
        case .render(let items): render(items.compactMap { renderWaits[$0.drawing] })
        }
    }

    // MARK: - Encode

    private func encode(_ plan: EncodePlan) -> StepResults {
        for digest in plan.evicted { images[digest] = nil }
        let encoding = plan.items.compactMap { item in
            encodeWaits[item.image].map { (item.image, $0) }
        }
        let encoded = model.encode(encoding.map(\.1.picture.pixels), compute)
        // What was not computed to its end is nothing to keep.
        if compute.pool.isGivenUp { return StepResults() }
        for ((digest, wait), image) in zip(encoding, encoded) {
            images[digest] = image
            wait.parts.first?.request.encodedImageCount += 1
        }
        return StepResults()
    }

    // MARK: - Language

    private func advance(_ plan: LanguagePlan) -> StepResults {
        for _ in plan.preempted { metrics.preempted() }
        for copy in plan.copies { pool.copyBlock(copy.source, to: copy.target) }
        var work: [LanguageWork] = []
        var finished: [(LanguageWait, draftCount: Int)] = []
        for item in plan.items {
            guard let language = languageWaits[item.sequence] else { continue }
            let (sequence, request) = (language.running.sequence, language.part.request)
            request.cachedTokenCount += language.running.isNew ? item.adoptedCount : 0
            // What is guessed counts where it turns out right.
            request.computedTokenCount += item.positions.count - item.draft.count
            language.running.isNew = false
            for token in item.draft { sequence.append(token: token) }
            sequence.assign(blocks: item.blocks, computedCount: item.positions.lowerBound)
            work.append(LanguageWork(sequence: sequence, count: item.positions.count))
            request.recorder?.positions(
                computed: item.positions.upperBound - item.draft.count,
                total: sequence.totalCount - item.draft.count
            )
            if item.isLast { finished.append((language, item.draft.count)) }
        }
        model.language.advance(work, compute)
        var results = StepResults()
        readLogits(finished, &results)
        for (language, draftCount) in finished {
            let (running, sequence) = (language.running, language.running.sequence)
            // The guess is no part of the sequence until it is chosen.
            if draftCount > 0 { sequence.truncate(to: sequence.totalCount - draftCount) }
            readRest(language, &results)
            if let result = results.language[running.identifier] {
                running.latest = result.withoutDraft
            }
        }
        return results
    }

    /// Logits of all sequences that ended up computed, in one product.
    private func readLogits(
        _ finished: [(language: LanguageWait, draftCount: Int)],
        _ results: inout StepResults
    ) {
        let wanting = finished.filter {
            if case .logits = $0.language.demand { true } else { false }
        }
        guard !wanting.isEmpty else { return }
        compute.scope {
            let counts = wanting.map { 1 + $0.draftCount }
            let logits = compute.scratch(counts.reduce(0, +), model.language.vocabularySize)
            model.language.logits(
                after: wanting.map(\.language.running.sequence),
                counts: counts,
                compute,
                into: logits
            )
            var first = 0
            for ((language, _), count) in zip(wanting, counts) {
                let rows = (first..<first + count).map(logits.row)
                first += count
                guard rows[0].isFinite else {
                    results.fail(
                        language.part.request,
                        computed: "the language model computed a logit that is not a number"
                    )
                    continue
                }
                // What follows a guess that is wrong matters to nobody, numbers or not.
                results.language[language.running.identifier] = .logits(
                    rows.prefix(while: \.isFinite).map { $0.toArray() }
                )
            }
        }
    }

    /// What else sessions want of a sequence while its blocks are there.
    private func readRest(_ language: LanguageWait, _ results: inout StepResults) {
        let running = language.running
        switch language.demand {
        case .logits: break
        case .nothing: results.language[running.identifier] = .nothing
        case .logProbabilities(let tokens):
            let scores = model.language.logProbabilities(
                ofLast: tokens,
                in: running.sequence,
                compute
            )
            guard scores.allSatisfy(\.isFinite) else {
                return results.fail(
                    language.part.request,
                    computed: "the language model computed a log-probability that is not a number"
                )
            }
            results.language[running.identifier] = .scores(scores)
        case .conditioning:
            results.language[running.identifier] = .conditioning(
                compute.scope {
                    let hidden = compute.scratch(
                        running.sequence.computedCount,
                        model.configuration.language.hiddenSize
                    )
                    model.language.copyHidden(of: running.sequence, into: hidden)
                    return model.imageDecoder.conditioningTokens(of: hidden, compute)
                }
            )
        }
    }

    // MARK: - Pictures

    private func denoise(_ waits: [DrawingWait<Void>]) -> StepResults {
        var drawings: [Drawing] = []
        var results = StepResults()
        for wait in waits {
            do throws(EngineError) {
                let isNew = wait.drawing.drawing == nil
                drawings.append(try wait.drawing.prepared(model))
                if isNew { wait.part.request.recorder?.pictureBegan() }
            } catch {
                results.failures.append((wait.part.request, error))
            }
        }
        if !drawings.isEmpty { Drawing.step(drawings, compute) }
        return results
    }

    private func render(_ waits: [DrawingWait<RGBImage>]) -> StepResults {
        var results = StepResults()
        var rendering: [(wait: DrawingWait<RGBImage>, latents: Matrix)] = []
        for wait in waits {
            guard let latents = wait.drawing.drawing?.latents, latents.isFinite else {
                results.fail(
                    wait.part.request,
                    computed: "the image decoder computed latents that are not numbers"
                )
                continue
            }
            rendering.append((wait, latents))
        }
        guard !rendering.isEmpty else { return results }
        let side = model.imageDecoder.pictureSide
        let pixels = rendering.map { _ in Matrix(rows: side * side, columns: 3) }
        model.imageDecoder.render(rendering.map(\.latents), compute, into: pixels)
        if compute.pool.isGivenUp { return StepResults() }
        for ((wait, _), pixels) in zip(rendering, pixels) {
            guard pixels.isFinite else {
                results.fail(
                    wait.part.request,
                    computed: "the image decoder computed pixels that are not numbers"
                )
                continue
            }
            results.pictures[wait.drawing.identifier] = RGBImage(
                unitValues: pixels,
                width: side,
                height: side
            )
        }
        return results
    }
}

extension RGBImage {
    /// Values in [0, 1] to 8-bit pixels, rounded to nearest as the reference saves and feeds them back.
    fileprivate init(unitValues values: Matrix, width: Int, height: Int) {
        var pixels = [UInt8](repeating: 0, count: values.count)
        for row in 0..<values.rows {
            values.withRow(row) { pixel in
                for channel in 0..<3 {
                    pixels[row * 3 + channel] = UInt8(min(max(pixel[channel] * 255 + 0.5, 0), 255))
                }
            }
        }
        self.init(width: width, height: height, pixels: pixels)
    }
}
