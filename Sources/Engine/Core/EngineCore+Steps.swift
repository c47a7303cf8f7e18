internal import Images
internal import MMInterleaved
internal import Scheduling
internal import Tensors

/// Computes what the scheduler planned.
extension EngineCore {
    /// A request that a step found to be wrong; it ends after the step, the others are not touched.
    typealias Failure = (request: ActiveRequest, error: EngineError)

    /// Computes a step.
    func execute(_ plan: StepPlan) -> [Failure] {
        switch plan {
        case .encode(let plan): encode(plan)
        case .language(let plan): compute(plan)
        case .denoise(let items): denoise(items.compactMap { denoiseWaits[$0.drawing] })
        case .render(let items): render(items.compactMap { renderWaits[$0.drawing] })
        }
    }

    // MARK: - Encode

    private func encode(_ plan: EncodePlan) -> [Failure] {
        for digest in plan.evicted { images[digest] = nil }
        let encoding = plan.items.compactMap { item in
            encodeWaits[item.image].map { (item.image, $0) }
        }
        let encoded = model.encode(encoding.map(\.1.picture.pixels), compute)
        for ((digest, wait), image) in zip(encoding, encoded) {
            images[digest] = image
            wait.waits.first?.request.encodedImageCount += 1
        }
        return []
    }

    // MARK: - Language

    private func compute(_ plan: LanguagePlan) -> [Failure] {
        for _ in plan.preempted { metrics.preempted() }
        for copy in plan.copies { pool.copyBlock(copy.source, to: copy.target) }
        var work: [LanguageWork] = []
        var finished: [LanguageWait] = []
        for item in plan.items {
            guard let language = languageWaits[item.sequence] else { continue }
            let (sequence, request) = (language.running.sequence, language.wait.request)
            request.cachedTokenCount += language.running.isNew ? item.adoptedCount : 0
            request.computedTokenCount += item.positions.count
            language.running.isNew = false
            sequence.assign(blocks: item.blocks, computedCount: item.positions.lowerBound)
            work.append(LanguageWork(sequence: sequence, count: item.positions.count))
            request.recorder?.positions(
                computed: item.positions.upperBound,
                total: sequence.totalCount
            )
            if item.isLast { finished.append(language) }
        }
        model.language.compute(work, compute)
        return readLogits(finished) + finished.compactMap(readRest)
    }

    /// Logits of all sequences that ended up computed, in one product.
    private func readLogits(_ finished: [LanguageWait]) -> [Failure] {
        let wanting = finished.filter { if case .logits = $0.wanted { true } else { false } }
        guard !wanting.isEmpty else { return [] }
        return compute.scope {
            let logits = compute.scratch(wanting.count, model.language.vocabularySize)
            model.language.logits(
                after: wanting.map(\.running.sequence),
                compute,
                into: logits
            )
            return wanting.enumerated().compactMap { row, language in
                guard logits.row(row).isFinite else {
                    return Failure(
                        language.wait.request,
                        EngineError(
                            .notFinite,
                            "the language model computed a logit that is not a number"
                        )
                    )
                }
                language.running.logits = logits.row(row).toArray()
                return nil
            }
        }
    }

    /// What else sessions want of a sequence while its blocks are there.
    private func readRest(_ language: LanguageWait) -> Failure? {
        let running = language.running
        switch language.wanted {
        case .nothing, .logits: break
        case .logProbabilities(let tokens):
            running.logProbabilities = logProbabilities(of: tokens, in: running.sequence)
        case .conditioning:
            running.conditioning = compute.scope {
                let hidden = compute.scratch(
                    running.sequence.computedCount,
                    model.configuration.language.hiddenSize
                )
                model.language.copyHidden(of: running.sequence, into: hidden)
                return model.imageDecoder.conditioningTokens(of: hidden, compute)
            }
        }
        return nil
    }

    /// How likely the last tokens of a sequence were, each after those before it.
    private func logProbabilities(of tokens: [Int], in sequence: LanguageSequence) -> [Float] {
        compute.scope {
            let first = sequence.computedCount - tokens.count - 1
            let logits = compute.scratch(tokens.count, model.language.vocabularySize)
            model.language.logits(
                of: sequence,
                positions: first..<first + tokens.count,
                compute,
                into: logits
            )
            return tokens.enumerated().map { row, token in
                var scores = logits.row(row).toArray()
                LogitsProcessing.logSoftmax(&scores)
                return scores[token]
            }
        }
    }

    // MARK: - Pictures

    private func denoise(_ waits: [DrawingWait]) -> [Failure] {
        var drawings: [Drawing] = []
        var failures: [Failure] = []
        for wait in waits {
            do throws(EngineError) {
                drawings.append(try wait.drawing.prepared(model))
            } catch {
                failures.append((wait.wait.request, error))
            }
        }
        if !drawings.isEmpty { Drawing.step(drawings, compute) }
        return failures
    }

    private func render(_ waits: [DrawingWait]) -> [Failure] {
        var failures: [Failure] = []
        let rendering = waits.compactMap { wait -> (RunningDrawing, Matrix)? in
            guard let latents = wait.drawing.drawing?.latents, latents.isFinite else {
                failures.append(
                    (
                        wait.wait.request,
                        EngineError(
                            .notFinite,
                            "the image decoder computed latents that are not numbers"
                        )
                    )
                )
                return nil
            }
            return (wait.drawing, latents)
        }
        let side = model.imageDecoder.pictureSide
        let pixels = rendering.map { _ in Matrix(rows: side * side, columns: 3) }
        model.imageDecoder.render(rendering.map(\.1), compute, into: pixels)
        for ((drawing, _), pixels) in zip(rendering, pixels) {
            drawing.image = RGBImage(unitValues: pixels, width: side, height: side)
        }
        return failures
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
