package import Tensors

// One sequence at a time, in a pool of its own: for comparisons and benchmarks.
extension LanguageModel {
    /// Makes an empty sequence with a pool of its own, of at most `maximumPositionCount` positions.
    package func makeSequence() -> LanguageSequence { makeSequences(1)[0] }

    /// Makes empty sequences that share a pool of their own and can be computed together.
    package func makeSequences(_ count: Int) -> [LanguageSequence] {
        let perSequence = KeyValuePool.blockCount(for: configuration.maximumPositionCount)
        let pool = KeyValuePool(
            configuration,
            keyValueFormat,
            blockCount: count * perSequence
        )
        return (0..<count).map { index in
            let sequence = LanguageSequence(pool)
            let blocks = index * perSequence..<(index + 1) * perSequence
            sequence.assign(blocks: Array(blocks), computedCount: 0)
            return sequence
        }
    }

    /// Most rows of one step of ``extend(_:with:_:observe:)``; bounds its scratch memory.
    private static var largestStep: Int { 512 }

    /// Adds elements to a sequence and computes all of its positions.
    ///
    /// - Precondition: the positions fit the sequence's blocks, and the images that one position sees
    ///   are fewer than the model's `maximumImageCount`.
    package func extend(
        _ sequence: LanguageSequence,
        with elements: [SequenceElement],
        _ compute: Compute,
        observe: (_ layer: Int, _ input: Matrix) -> Void = { _, _ in }
    ) {
        for element in elements { sequence.append(element) }
        while sequence.computedCount < sequence.totalCount {
            let count = min(Self.largestStep, sequence.totalCount - sequence.computedCount)
            let work = [LanguageWork(sequence: sequence, count: count)]
            advance(work, compute, observe: observe)
        }
    }

    /// The final hidden states of a sequence's first positions. [count, hidden]
    package func hidden(of sequence: LanguageSequence, count: Int? = nil) -> Matrix {
        let out = Matrix(
            rows: count ?? sequence.computedCount,
            columns: configuration.hiddenSize
        )
        copyHidden(of: sequence, into: out)
        return out
    }
}
