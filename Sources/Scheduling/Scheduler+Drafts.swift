// MARK: - Drafts

// Source: Leviathan, Kalman, Matias, "Fast inference from transformers via speculative decoding", arXiv 2211.17192. Here a
// token is kept only if it is the very one that is chosen, so that a draft changes when something is known, never what.
extension Scheduler {
    /// Keeps no more than `count` tokens of what was computed of a sequence's guess: those after which a token was chosen.
    package mutating func limitDraft(of identifier: SequenceIdentifier, to count: Int) {
        let computed = sequences[identifier]?.draft.computedCount ?? 0
        sequences[identifier]?.draft.computedCount = min(computed, count)
    }

    /// Takes what was computed of a sequence's guess, as far as it turned out right, and forgets the rest.
    ///
    /// The last position is always computed: its hidden state gives the next token.
    mutating func settleDraft(of identifier: SequenceIdentifier) {
        guard var state = sequences[identifier], !state.draft.tokens.isEmpty else { return }
        let start = state.draft.start
        let matchCount = state.draft.settle(state.content[start...])
        let keptCount = min(matchCount, state.draft.computedCount, state.content.count - start - 1)
        state.draft.tokens = []
        state.draft.computedCount = 0
        sequences[identifier] = state
        guard keptCount > 0, state.computedCount == start else { return }
        sequences[identifier]?.computedCount += keptCount
        makeBlocksKnown(of: identifier, from: start)
    }

    /// The rows of a step that continues sequences by a token each, with those guesses that pay.
    ///
    /// Guesses use no memory but what is left of the blocks that the sequences have anyway.
    func withDrafts(_ items: [LanguagePlan.Item]) -> [LanguagePlan.Item] {
        guard configuration.maximumDraftCount > 0 else { return items }
        let candidates = items.map { item in
            DraftPolicy.Candidate(
                acceptance: sequences[item.sequence]?.draft.acceptance ?? 0,
                limit: draftLimit(item)
            )
        }
        guard candidates.contains(where: { $0.limit > 0 }) else { return items }
        let counts = DraftPolicy.counts(
            candidates,
            maximumRowCount: configuration.maximumRowCount,
            costs: costs.fewRows,
            target: configuration.stepDurationTarget
        )
        return zip(items, counts).map { item, count in
            let draft = sequences[item.sequence]?.draft.tokens.prefix(count)
            return item.with(draft: Array(draft ?? []))
        }
    }

    /// Guessed tokens that an item can have beside the position that is known.
    private func draftLimit(_ item: LanguagePlan.Item) -> Int {
        guard item.isLast, let state = sequences[item.sequence],
            let bounds = requests[item.request]?.bounds
        else { return 0 }
        let end = min(item.blocks.count * configuration.blockSize, bounds.positionCount)
        return min(
            state.draft.tokens.count,
            configuration.maximumDraftCount,
            end - item.positions.upperBound
        )
    }
}
