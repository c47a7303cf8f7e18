package import Tensors

extension LanguageModel {
    /// How likely the last tokens of a sequence were, each after those before it.
    ///
    /// - Parameters:
    ///   - tokens: Tokens that the sequence ends with, all of whose positions are computed.
    ///   - sequence: Holds at least one position before them.
    ///   - compute: Computes the logits, some positions at a time.
    /// - Returns: One number per token.
    package func logProbabilities(
        ofLast tokens: [Int],
        in sequence: LanguageSequence,
        _ compute: Compute
    ) -> [Float] {
        let first = sequence.computedCount - tokens.count - 1
        return stride(from: 0, to: tokens.count, by: Self.largestLogitsRowCount).flatMap { start in
            let group = tokens[start..<min(tokens.count, start + Self.largestLogitsRowCount)]
            return compute.scope {
                let logits = compute.scratch(group.count, vocabularySize)
                self.logits(
                    of: sequence,
                    positions: first + group.startIndex..<first + group.endIndex,
                    compute,
                    into: logits
                )
                return group.enumerated().map { row, token in
                    var scores = logits.row(row).toArray()
                    LogitsProcessing.logSoftmax(&scores)
                    return scores[token]
                }
            }
        }
    }

    /// Positions whose logits are held together: scratch memory is never given back.
    private static var largestLogitsRowCount: Int { 64 }
}
