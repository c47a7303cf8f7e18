// MARK: - What a step has done

extension Scheduler {
    /// Records a finished step and tells what it means for those who asked.
    ///
    /// What ended while the step ran is passed over.
    ///
    /// - Parameters:
    ///   - plan: What was computed.
    ///   - cost: Time that it took, which is charged to the requests that took part.
    ///   - now: The time.
    /// - Returns: What those who asked are to be told, in order.
    package mutating func apply(
        _ plan: StepPlan,
        cost: Duration,
        now: Duration
    ) -> [SchedulingEvent] {
        precondition(stepsInFlight.last == plan, "the plan is not being executed")
        stepsInFlight.removeLast()
        observe(now)
        planNextInterruption(after: plan, cost: cost, now: now)
        costs.observe(plan, duration: cost)
        charge(plan, of: cost)
        switch plan {
        case .encode(let plan): return applyEncode(plan)
        case .language(let plan): return plan.items.compactMap { applyLanguage($0) }
        case .denoise(let items):
            return items.compactMap { item in
                finish(item.drawing, .denoise) ? .denoised(item.drawing, of: item.request) : nil
            }
        case .render(let items):
            return items.compactMap { item in
                finish(item.drawing, .render) ? .rendered(item.drawing, of: item.request) : nil
            }
        }
    }

    private mutating func applyEncode(_ plan: EncodePlan) -> [SchedulingEvent] {
        plan.items.flatMap { item in
            images.finish(item.image).map { owner in
                requests[owner]?.awaitedImages.removeAll { $0 == item.image }
                return .encoded(item.image, for: owner)
            }
        }
    }

    private mutating func applyLanguage(_ item: LanguagePlan.Item) -> SchedulingEvent? {
        guard let state = sequences[item.sequence],
            state.computedCount == item.positions.lowerBound
        else { return nil }
        let end = item.positions.upperBound - item.draft.count
        sequences[item.sequence]?.computedCount = end
        sequences[item.sequence]?.draft.computedCount = item.draft.count
        makeBlocksKnown(of: item.sequence, from: item.positions.lowerBound)
        guard state.isRequested, end == state.content.count else { return nil }
        sequences[item.sequence]?.isRequested = false
        return .computed(item.sequence, of: item.request)
    }

    /// Lets others find the blocks that have become full since `start` positions were computed.
    mutating func makeBlocksKnown(of identifier: SequenceIdentifier, from start: Int) {
        let size = configuration.blockSize
        guard let state = sequences[identifier] else { return }
        for index in (start / size)..<(state.computedCount / size) {
            let block = pool.makeKnown(
                sequences[identifier]?.blocks[index] ?? 0,
                after: index > 0 ? sequences[identifier]?.blocks[index - 1] : nil,
                state.content[(index * size)..<((index + 1) * size)],
                salt: state.salt
            )
            sequences[identifier]?.blocks[index] = block
        }
    }

    private mutating func finish(
        _ drawing: DrawingIdentifier,
        _ work: DrawingState.Work
    ) -> Bool {
        guard drawings[drawing]?.work == work else { return false }
        drawings[drawing]?.work = nil
        return true
    }
}
