package import Tensors

/// One piece of a sequence before its embedding.
package enum SequenceElement: Sendable {
    /// A text token, or the token that begins an image.
    case token(Int)
    /// An image's positions; follows its begin-of-image token.
    case image(tokens: Matrix, values: SynchronizerValues)

    /// Number of positions.
    package var positionCount: Int {
        switch self {
        case .token: 1
        case .image(let tokens, _): tokens.rows
        }
    }
}

extension LanguageModel {
    /// Most rows of one step while a prompt is computed; bounds the scratch memory.
    package static let prefillChunk = 512

    /// Computes elements at the end of a sequence (prefill).
    ///
    /// - Precondition: the positions fit the sequence's capacity and each image the most that a
    ///   position may see.
    package func extend(
        _ sequence: LanguageSequence,
        with elements: [SequenceElement],
        _ compute: Compute,
        observe: (_ layer: Int, _ input: Matrix) -> Void = { _, _ in }
    ) {
        let total = elements.reduce(0) { $0 + $1.positionCount }
        guard total > 0 else { return }
        compute.scope {
            let embeddings = compute.scratch(total, configuration.hiddenSize)
            embed(elements, into: embeddings)
            let visible = visibleImages(elements, of: sequence)
            for first in stride(from: 0, to: total, by: Self.prefillChunk) {
                let rows = first..<min(total, first + Self.prefillChunk)
                let span = LanguageSpan(
                    sequence: sequence,
                    rows: 0..<rows.count,
                    visible: .byQuery(Array(visible[rows]))
                )
                forward(embeddings.rows(rows), CollectionOfOne(span), compute, observe: observe)
            }
        }
    }

    /// Computes one more token of a sequence (decode).
    package func step(_ sequence: LanguageSequence, token: Int, _ compute: Compute) {
        compute.scope {
            let x = compute.scratch(1, configuration.hiddenSize)
            embed(token, into: x)
            let span = LanguageSpan(
                sequence: sequence,
                rows: 0..<1,
                visible: .uniform(sequence.visibleImages)
            )
            forward(x, CollectionOfOne(span), compute)
        }
    }

    /// Computes one more token of every sequence in one step (decode).
    package func step(
        _ sequences: [LanguageSequence],
        tokens: [Int],
        _ compute: Compute
    ) {
        precondition(sequences.count == tokens.count)
        compute.scope {
            let x = compute.scratch(sequences.count, configuration.hiddenSize)
            var spans: [LanguageSpan] = []
            spans.reserveCapacity(sequences.count)
            for (row, sequence) in sequences.enumerated() {
                embed(tokens[row], into: x.row(row))
                spans.append(
                    LanguageSpan(
                        sequence: sequence,
                        rows: row..<row + 1,
                        visible: .uniform(sequence.visibleImages)
                    )
                )
            }
            forward(x, spans, compute)
        }
    }

    /// Computes the logits after a sequence's last position. `out` [1, vocabulary]
    package func nextLogits(
        of sequence: LanguageSequence,
        _ compute: Compute,
        into out: Matrix
    ) {
        logits(of: sequence.hidden.row(sequence.count - 1), compute, into: out)
    }

    /// Adds the elements' images to a sequence and tells which images each position sees.
    ///
    /// A position sees the images whose begin-of-image token lies after the nearest begin-of-sequence
    /// token at or before it, and whose first position is not after it.
    package func visibleImages(
        _ elements: [SequenceElement],
        of sequence: LanguageSequence
    ) -> [Range<Int>] {
        var visible: [Range<Int>] = []
        for element in elements {
            switch element {
            case .token(let token):
                if isBeginOfSequence(token) { sequence.hideImages() }
            case .image(_, let values):
                sequence.append(values)
            }
            visible.append(
                contentsOf: repeatElement(sequence.visibleImages, count: element.positionCount)
            )
        }
        return visible
    }

    private func embed(_ elements: [SequenceElement], into out: Matrix) {
        var row = 0
        for element in elements {
            let rows = out.rows(row..<row + element.positionCount)
            switch element {
            case .token(let token): embed(token, into: rows)
            case .image(let tokens, _): rows.copy(from: tokens)
            }
            row += element.positionCount
        }
    }
}
