// MARK: - The language step

/// A language step while it is put together.
private struct LanguageDraft {
    var items: [LanguagePlan.Item] = []
    var preempted: [SequenceIdentifier] = []
    var copies: [LanguagePlan.BlockCopy] = []

    var rowCount: Int { items.reduce(0) { $0 + $1.positions.count } }
}

extension Scheduler {
    /// Rows of decoding sequences first, in order of turn; what is left of the rows goes to prompts, each
    /// as much as fits.
    ///
    /// - Parameters:
    ///   - order: Whose turn it is.
    ///   - isAwaited: Whether somebody waits for the end of the step: then prompts get fewer rows.
    /// - Returns: The step, if there is anything to compute for which there are blocks.
    mutating func planLanguage(
        _ order: [RequestIdentifier],
        isAwaited: Bool = false
    ) -> StepPlan? {
        var draft = LanguageDraft()
        var decoding: [SequenceIdentifier] = []
        var prompts: [SequenceIdentifier] = []
        for request in order {
            for identifier in requests[request]?.sequences ?? [] {
                guard let state = sequences[identifier], state.isRunnable else { continue }
                if state.isDecoding {
                    decoding.append(identifier)
                } else {
                    prompts.append(identifier)
                }
            }
        }
        let reserved = prompts.isEmpty ? 0 : configuration.minimumPrefillRowCount
        for identifier in decoding.prefix(configuration.maximumRowCount - reserved) {
            place(identifier, rowLimit: 1, in: &draft)
        }
        let decodeRowCount = draft.rowCount
        let prefillLimit = prefillLimit(beside: decodeRowCount, isAwaited: isAwaited)
        var prefillCount = 0
        for identifier in prompts where prefillCount < prefillLimit {
            place(identifier, rowLimit: prefillLimit - prefillCount, in: &draft)
            prefillCount = max(0, draft.rowCount - decodeRowCount)
        }
        let plan = LanguagePlan(
            items: prefillCount == 0 ? withDrafts(draft.items) : draft.items,
            preempted: draft.preempted,
            copies: draft.copies
        )
        // Without items nothing was preempted either: what is preempted makes room for an item.
        return plan.items.isEmpty ? nil : .language(plan)
    }

    /// Rows that a language step may have for prompts beside those that decode.
    private func prefillLimit(beside decodeRowCount: Int, isAwaited: Bool) -> Int {
        let awaitedCount = isAwaited ? max(1, decodeRowCount) : decodeRowCount
        let limit = latency.prefillLimit(
            beside: awaitedCount,
            decodingTime: costs.decodingTime(sequenceCount: awaitedCount),
            cost: costs.prompts
        )
        return min(limit, configuration.maximumRowCount - decodeRowCount)
    }

    /// Lets stalled requests go on that fit as a whole, or that nobody outranks.
    mutating func resumeStalled() {
        let withWork = running.filter { hasLanguageWork($0) }
        let highest = withWork.compactMap { requests[$0].map { rank(of: $0) } }.max()
        var availableCount = pool.availableCount
        for identifier in withWork {
            guard let request = requests[identifier], request.isStalled else { continue }
            let missing = request.sequences.compactMap { sequences[$0] }.reduce(0) { sum, state in
                sum + max(0, blockCount(for: state.content.count) - state.blocks.count)
            }
            if rank(of: request) == highest {
                requests[identifier]?.isStalled = false
            } else if missing + configuration.reservedBlockCount <= availableCount {
                requests[identifier]?.isStalled = false
                availableCount -= missing
            }
        }
    }

    private func blockCount(for positionCount: Int) -> Int {
        (positionCount + configuration.blockSize - 1) / configuration.blockSize
    }

    /// Adds the sequence's next positions, at most `rowLimit`, as far as blocks can be had for them.
    private mutating func place(
        _ identifier: SequenceIdentifier,
        rowLimit: Int,
        in draft: inout LanguageDraft
    ) {
        // Its request may have lost its blocks to one that came before it.
        guard let owner = sequences[identifier]?.request, requests[owner]?.isStalled == false
        else { return }
        adoptPrefix(identifier)
        while missingBlockCount(of: identifier, rowLimit) > 0, preempt(for: identifier, in: &draft)
        {}
        // What could be had may do for some of the rows.
        let missing = missingBlockCount(of: identifier, rowLimit)
        guard let state = sequences[identifier] else { return }
        let end = state.computedCount + min(state.remainingCount, rowLimit)
        let reached =
            missing == 0
            ? end : (blockCount(for: end) - missing) * configuration.blockSize
        guard reached > state.computedCount,
            sharedPartialBlock(of: identifier) == nil || pool.availableCount > 0
        else {
            requests[owner]?.isStalled = true
            return
        }
        copySharedBlock(of: identifier, in: &draft)
        extendBlocks(of: identifier, to: blockCount(for: reached))
        draft.items.append(item(identifier, of: owner, upTo: reached))
    }

    /// Blocks that cannot be had now for the next rows.
    private func missingBlockCount(of identifier: SequenceIdentifier, _ rowLimit: Int) -> Int {
        guard let state = sequences[identifier] else { return 0 }
        let end = state.computedCount + min(state.remainingCount, rowLimit)
        let copied = sharedPartialBlock(of: identifier) == nil ? 0 : 1
        let needed = blockCount(for: end) - state.blocks.count + copied
        return max(0, needed - pool.availableCount)
    }

    private mutating func extendBlocks(of identifier: SequenceIdentifier, to count: Int) {
        for _ in (sequences[identifier]?.blocks.count ?? 0)..<count {
            guard let block = pool.allocate() else {
                preconditionFailure("the available blocks were counted")
            }
            sequences[identifier]?.blocks.append(block)
        }
    }

    private mutating func item(
        _ identifier: SequenceIdentifier,
        of owner: RequestIdentifier,
        upTo end: Int
    ) -> LanguagePlan.Item {
        guard let state = sequences[identifier] else { preconditionFailure("the sequence is gone") }
        if state.computedCount == state.adoptedCount { prefixQueryCount += state.content.count }
        prefixHitCount += state.adoptedCount
        sequences[identifier]?.adoptedCount = 0
        return LanguagePlan.Item(
            request: owner,
            sequence: identifier,
            positions: state.computedCount..<end,
            draft: [],
            blocks: state.blocks,
            isLast: end == state.content.count,
            adoptedCount: state.adoptedCount
        )
    }

    /// Takes over computed blocks with the same content.
    ///
    /// The last position is always computed: its hidden state gives the next token.
    private mutating func adoptPrefix(_ identifier: SequenceIdentifier) {
        guard let state = sequences[identifier] else { return }
        let size = configuration.blockSize
        // Whole blocks only, and nothing was begun that would be thrown away.
        guard state.computedCount == state.blocks.count * size, state.remainingCount > 1 else {
            return
        }
        var blocks = state.blocks
        var count = state.computedCount
        while count + size < state.content.count,
            let block = pool.known(
                after: blocks.last,
                state.content[count..<(count + size)],
                salt: state.salt
            )
        {
            pool.retain(block)
            blocks.append(block)
            count += size
        }
        sequences[identifier]?.blocks = blocks
        sequences[identifier]?.computedCount = count
        sequences[identifier]?.adoptedCount += count - state.computedCount
    }

    /// The block that the sequence would write to next, if others refer to it too.
    private func sharedPartialBlock(of identifier: SequenceIdentifier) -> Int? {
        guard let state = sequences[identifier], let last = state.blocks.last,
            state.computedCount < state.blocks.count * configuration.blockSize,
            pool.referenceCount(of: last) > 1
        else { return nil }
        return last
    }

    private mutating func copySharedBlock(
        of identifier: SequenceIdentifier,
        in draft: inout LanguageDraft
    ) {
        guard let source = sharedPartialBlock(of: identifier) else { return }
        guard let target = pool.allocate() else {
            preconditionFailure("the available blocks were counted")
        }
        pool.release(source)
        sequences[identifier]?.blocks.removeLast()
        sequences[identifier]?.blocks.append(target)
        draft.copies.append(LanguagePlan.BlockCopy(source: source, target: target))
    }

    // MARK: - Preemption

    /// Takes the blocks of whoever must give way to a sequence; false if nobody must.
    private mutating func preempt(
        for identifier: SequenceIdentifier,
        in draft: inout LanguageDraft
    ) -> Bool {
        guard let owner = sequences[identifier]?.request,
            let rank = requests[owner].map({ rank(of: $0) }),
            let victims = PreemptionPolicy.victims(
                for: identifier,
                of: owner,
                rank: rank,
                among: holders()
            )
        else { return false }
        for victim in victims {
            releaseBlocks(of: victim)
            draft.items.removeAll { $0.sequence == victim }
            draft.preempted.append(victim)
            guard let loser = sequences[victim]?.request else { continue }
            // Who asks for no positions now, but draws, goes on drawing.
            if loser != owner && hasLanguageWork(loser) { requests[loser]?.isStalled = true }
        }
        return true
    }

    private func holders() -> [PreemptionPolicy.Holder] {
        running.compactMap { requests[$0] }.map { request in
            let holding = request.sequences.filter { sequences[$0]?.blocks.isEmpty == false }
            return PreemptionPolicy.Holder(
                request: request.identifier,
                rank: rank(of: request),
                sequences: holding,
                idleSequences: holding.filter { sequences[$0]?.isRunnable == false }
            )
        }
    }
}
