package import Tensors

extension LanguageModel {
    /// Log-probabilities of each option's tokens after a context.
    ///
    /// The context is computed once; every option continues it on its own.
    ///
    /// - Parameters:
    ///   - options: Tokens of each option.
    ///   - context: Holds at least one position; left as it was.
    ///   - compute: Where to compute.
    ///   - checkpoint: Called before each option; throws to give up.
    /// - Returns: Per option one number per token.
    /// - Throws: what `checkpoint`, called before each option, throws.
    package func score(
        options: [[Int]],
        after context: LanguageSequence,
        _ compute: Compute,
        checkpoint: () throws -> Void = {}
    ) rethrows -> [[Float]] {
        let start = context.computedCount
        defer { context.truncate(to: start) }
        return try options.map { option in
            try checkpoint()
            context.truncate(to: start)
            guard !option.isEmpty else { return [] }
            // The last token's successors do not matter, so it is not computed.
            extend(context, with: option.dropLast().map { .token($0) }, compute)
            return compute.scope {
                let logits = compute.scratch(option.count, vocabularySize)
                self.logits(
                    of: context,
                    positions: start - 1..<start - 1 + option.count,
                    compute,
                    into: logits
                )
                return option.enumerated().map { row, token in
                    var scores = logits.row(row).toArray()
                    LogitsProcessing.logSoftmax(&scores)
                    return scores[token]
                }
            }
        }
    }
}
