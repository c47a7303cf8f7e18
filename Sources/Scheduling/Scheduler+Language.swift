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
    mutating func planLanguage(_ order: [RequestIdentifier], isDecoding: Bool) -> StepPlan? {
        var draft = LanguageDraft()
        admitPreempted(order)
        var decoding: [SequenceIdentifier] = []
        var prompts: [SequenceIdentifier] = []
        for request in order where requests[request]?.isPreempted == false {
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
        let limit = limit(.language, configuration.maximumRowCount, isDecoding)
        let decodeRowCount = draft.rowCount
        let prefillLimit = max(configuration.minimumPrefillRowCount, limit - decodeRowCount)
        var prefillCount = 0
        for identifier in prompts where prefillCount < prefillLimit {
            place(identifier, rowLimit: prefillLimit - prefillCount, in: &draft)
            prefillCount = max(0, draft.rowCount - decodeRowCount)
        }
        let plan = LanguagePlan(
            items: draft.items,
            preempted: draft.preempted,
            copies: draft.copies
        )
        // Without items nothing was preempted either: what is preempted makes room for an item.
        return plan.items.isEmpty ? nil : .language(plan)
    }

    /// Lets preempted requests go on that fit as a whole, or that nobody outranks.
    private mutating func admitPreempted(_ order: [RequestIdentifier]) {
        let withWork = order.filter { request in
            requests[request]?.sequences.contains { sequences[$0]?.isRunnable ?? false } ?? false
        }
        let highest = withWork.compactMap { requests[$0]?.rank }.max()
        var availableCount = pool.availableCount
        for identifier in withWork {
            guard let request = requests[identifier], request.isPreempted else { continue }
            let needed = request.sequences.reduce(0) { sum, sequence in
                sum + blockCount(for: sequences[sequence]?.content.count ?? 0)
            }
            if request.rank == highest {
                requests[identifier]?.isPreempted = false
            } else if needed + configuration.reservedBlockCount <= availableCount {
                requests[identifier]?.isPreempted = false
                availableCount -= needed
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
        // It may have been preempted for one that came before it.
        guard let owner = sequences[identifier]?.request, requests[owner]?.isPreempted == false
        else { return }
        let adoptedCount = adoptPrefix(identifier)
        guard let state = sequences[identifier] else { return }
        let count = min(state.remainingCount, rowLimit)
        let end = state.computedCount + count
        let isShared = sharedPartialBlock(of: identifier) != nil
        let needed = blockCount(for: end) - state.blocks.count + (isShared ? 1 : 0)
        while pool.availableCount < needed, preempt(for: identifier, in: &draft) {}
        // What could be had may do for some of the rows.
        let missing = max(0, needed - pool.availableCount)
        let reachable = (blockCount(for: end) - missing) * configuration.blockSize
        let reached = missing == 0 ? end : min(end, reachable)
        guard reached > state.computedCount, !(isShared && pool.availableCount == 0) else { return }
        copySharedBlock(of: identifier, in: &draft)
        while let blocks = sequences[identifier]?.blocks, blocks.count < blockCount(for: reached) {
            guard let block = pool.allocate() else {
                preconditionFailure("the available blocks were counted")
            }
            sequences[identifier]?.blocks.append(block)
        }
        let item = LanguagePlan.Item(
            request: owner,
            sequence: identifier,
            positions: state.computedCount..<reached,
            blocks: sequences[identifier]?.blocks ?? [],
            isLast: reached == state.content.count,
            adoptedCount: adoptedCount
        )
        draft.items.append(item)
    }

    /// Takes over computed blocks with the same content, and returns how many positions that gained.
    ///
    /// The last position is always computed: its hidden state gives the next token.
    private mutating func adoptPrefix(_ identifier: SequenceIdentifier) -> Int {
        guard let state = sequences[identifier], let request = requests[state.request] else {
            return 0
        }
        let size = configuration.blockSize
        // Whole blocks only, and nothing was begun that would be thrown away.
        guard state.computedCount == state.blocks.count * size, state.remainingCount > 1 else {
            return 0
        }
        var blocks = state.blocks
        var count = state.computedCount
        while count + size < state.content.count,
            let block = pool.known(after: blocks.last, state.content[count..<(count + size)])
        {
            pool.retain(block)
            blocks.append(block)
            count += size
        }
        let gained = count - state.computedCount
        if state.computedCount == 0 {
            prefixQueryCount += state.content.count
        }
        prefixHitCount += gained
        requests[request.identifier]?.adoptedCount += gained
        sequences[identifier]?.blocks = blocks
        sequences[identifier]?.computedCount = count
        return gained
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
        guard let owner = sequences[identifier]?.request, let rank = requests[owner]?.rank,
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
            guard let loser = sequences[victim]?.request, loser != owner,
                requests[loser]?.isPreempted == false
            else { continue }
            requests[loser]?.isPreempted = true
            requests[loser]?.preemptionCount += 1
        }
        return true
    }

    private func holders() -> [PreemptionPolicy.Holder] {
        running.compactMap { requests[$0] }.map { request in
            let holding = request.sequences.filter { sequences[$0]?.blocks.isEmpty == false }
            return PreemptionPolicy.Holder(
                request: request.identifier,
                rank: request.rank,
                sequences: holding,
                idleSequences: holding.filter { sequences[$0]?.isRunnable == false }
            )
        }
    }
}
