package import Tensors

/// Work of one language step on one sequence: computing its next `count` positions.
package struct LanguageWork {
    /// The sequence; at most once in a step.
    package let sequence: LanguageSequence
    /// Positions to compute, at least one; they are known and have blocks.
    package let count: Int

    /// Describes the work on one sequence.
    package init(sequence: LanguageSequence, count: Int) {
        self.sequence = sequence
        self.count = count
    }
}

extension LanguageModel {
    /// Computes the next positions of one or more sequences in one step, prompts and single tokens
    /// alike.
    ///
    /// All rows of all sequences pass each weight matrix together, and every row's bits depend on its
    /// own sequence alone: not on its neighbours, nor on how a prompt is cut into steps.
    ///
    /// Scratch memory is about `rows · (9·hidden + 3·intermediate)` numbers and is never given back,
    /// so the caller bounds the rows of a step.
    ///
    /// - Parameters:
    ///   - work: Positions of one or more sequences.
    ///   - compute: Where to compute.
    ///   - observe: Sees the input of every layer; for comparison with the reference.
    /// - Precondition: blocks that a position is written into belong to its sequence alone.
    package func advance(
        _ work: [LanguageWork],
        _ compute: Compute,
        observe: (_ layer: Int, _ input: Matrix) -> Void = { _, _ in }
    ) {
        guard !work.isEmpty else { return }
        let hidden = configuration.hiddenSize
        let step = LanguageStep(work, self)
        let rowCount = step.attention.rowCount
        compute.scope {
            let x = compute.scratch(rowCount, hidden)
            embed(work, into: x)
            let normed = compute.scratch(rowCount, hidden)
            let fused = compute.scratch(rowCount, 3 * hidden)
            let wide = compute.scratch(rowCount, 2 * configuration.intermediateSize)
            let narrow = compute.scratch(rowCount, configuration.intermediateSize)
            let cosine = compute.scratch(rowCount, configuration.headSize / 2)
            let sine = compute.scratch(rowCount, configuration.headSize / 2)
            gatherRotary(work, cosine, sine)
            var synchronizerIndex = 0
            for (index, layer) in layers.enumerated() {
                observe(index, x)
                compute.rmsNorm(x, layer.attentionNorm, into: normed)
                compute.linear(normed, layer.queryKeyValue, into: fused)
                for part in 0..<2 {
                    compute.rotate(
                        fused.columns(part * hidden..<(part + 1) * hidden),
                        cosine: cosine,
                        sine: sine,
                        heads: configuration.headCount
                    )
                }
                attend(fused, step, layer: index, compute, into: normed)
                compute.linear(normed, layer.output, into: x, adding: true)
                if let crossAttention = layer.crossAttention {
                    synchronize(x, step, crossAttention, index: synchronizerIndex, compute)
                    synchronizerIndex += 1
                }
                compute.rmsNorm(x, layer.feedForwardNorm, into: normed)
                compute.linear(normed, layer.gateUp, into: wide)
                compute.swiGLU(wide, into: narrow)
                compute.linear(narrow, layer.down, into: x, adding: true)
            }
            compute.rmsNorm(x, finalNorm, into: x)
            finish(work, x)
        }
    }

    /// Computes the logits after the last computed positions of every sequence, so many of each; one if nothing is said.
    ///
    /// Shapes: `out` [positions of all sequences, vocabulary].
    package func logits(
        after sequences: [LanguageSequence],
        counts: [Int]? = nil,
        _ compute: Compute,
        into out: Matrix
    ) {
        compute.scope {
            let hidden = compute.scratch(out.rows, configuration.hiddenSize)
            var row = 0
            for (index, sequence) in sequences.enumerated() {
                let last = sequence.computedCount
                for position in last - (counts?[index] ?? 1)..<last {
                    hidden.row(row).copy(from: sequence.hidden(at: position))
                    row += 1
                }
            }
            precondition(row == out.rows, "\(row) positions, \(out.rows) rows of logits")
            compute.linear(hidden, head, into: out)
        }
    }

    /// Computes the logits after each of a run of computed positions of one sequence.
    ///
    /// Shapes: `out` [positions, vocabulary].
    package func logits(
        of sequence: LanguageSequence,
        positions: Range<Int>,
        _ compute: Compute,
        into out: Matrix
    ) {
        compute.scope {
            let hidden = compute.scratch(positions.count, configuration.hiddenSize)
            for position in positions {
                hidden.row(position - positions.lowerBound).copy(
                    from: sequence.hidden(at: position)
                )
            }
            compute.linear(hidden, head, into: out)
        }
    }

    /// Copies the final hidden states of a sequence's first positions: the context of a picture.
    ///
    /// Shapes: `out` [positions, hidden], at most the computed ones.
    package func copyHidden(of sequence: LanguageSequence, into out: Matrix) {
        for position in 0..<out.rows {
            out.row(position).copy(from: sequence.hidden(at: position))
        }
    }

    /// The images that each known position of a sequence sees, as a range of their order in it.
    package func visibleImages(of sequence: LanguageSequence) -> [Range<Int>] {
        sequence.resolveVisibility(beginOfSequence: vocabulary.beginOfSequence)
        return sequence.visible
    }

    // MARK: - Before the layers and after them

    private func embed(_ work: [LanguageWork], into out: Matrix) {
        var row = 0
        for item in work {
            let sequence = item.sequence
            let first = sequence.computedCount
            for position in sequence.positions[first..<first + item.count] {
                switch position {
                case .token(let token): embed(token, into: out.row(row))
                case .image(let index, let imageRow):
                    out.row(row).copy(from: sequence.images[index].tokens.row(imageRow))
                }
                row += 1
            }
        }
    }

    private func gatherRotary(_ work: [LanguageWork], _ cosine: Matrix, _ sine: Matrix) {
        var row = 0
        for item in work {
            let first = item.sequence.computedCount
            let positions = first..<first + item.count
            cosine.rows(row..<row + item.count).copy(from: rotary.cosine.rows(positions))
            sine.rows(row..<row + item.count).copy(from: rotary.sine.rows(positions))
            row += item.count
        }
    }

    /// Puts the hidden states into the blocks.
    private func finish(_ work: [LanguageWork], _ x: Matrix) {
        var row = 0
        for item in work {
            let sequence = item.sequence
            let first = sequence.computedCount
            sequence.advance(by: item.count)
            for position in first..<first + item.count {
                sequence.hidden(at: position).copy(from: x.row(row))
                row += 1
            }
        }
    }

    // MARK: - Parts of a layer

    /// Self-attention of every row over its own sequence; new keys and values go to the blocks.
    private func attend(
        _ fused: Matrix,
        _ step: LanguageStep,
        layer: Int,
        _ compute: Compute,
        into out: Matrix
    ) {
        let hidden = configuration.hiddenSize
        let keyValues = step.pool.layer(layer)
        compute.storePaged(
            keys: fused.columns(hidden..<2 * hidden),
            values: fused.columns(2 * hidden..<3 * hidden),
            step.attention,
            in: keyValues
        )
        compute.pagedAttention(
            q: fused.columns(0..<hidden),
            step.attention,
            scale: 1 / Float(configuration.headSize).squareRoot(),
            in: keyValues,
            into: out
        )
    }

    /// Computes `x += tanh(gate) · synchronizer(norm(x))`.
    private func synchronize(
        _ x: Matrix,
        _ step: LanguageStep,
        _ crossAttention: CrossAttention,
        index: Int,
        _ compute: Compute
    ) {
        compute.scope {
            let queries = compute.scratch(x.rows, x.columns)
            compute.rmsNorm(x, crossAttention.queryNorm, into: queries)
            let seen = compute.scratch(x.rows, x.columns)
            crossAttention.synchronizer.synchronize(
                queries,
                references: Self.reference,
                values: step.images.map { $0.layers[index] },
                visible: .byQuery(step.visible),
                compute,
                into: seen
            )
            compute.add(seen, scaledBy: crossAttention.gate, to: x)
        }
    }
}

/// What all layers of a step have in common.
private struct LanguageStep {
    let pool: KeyValuePool
    var attention: PagedAttentionPlan
    /// The images that any row sees, sequence after sequence.
    var images: [SynchronizerValues] = []
    /// The images that each row sees.
    var visible: [Range<Int>] = []

    init(_ work: [LanguageWork], _ model: LanguageModel) {
        precondition(
            Set(work.map { ObjectIdentifier($0.sequence) }).count == work.count,
            "a sequence twice in a step"
        )
        pool = work[0].sequence.pool
        attention = PagedAttentionPlan(
            heads: model.configuration.headCount,
            headSize: model.configuration.headSize
        )
        for item in work {
            let sequence = item.sequence
            let first = sequence.computedCount
            precondition(sequence.pool === pool, "sequences of two pools in one step")
            precondition(
                item.count > 0 && first + item.count <= sequence.totalCount,
                "\(item.count) positions from \(first) of \(sequence.totalCount)"
            )
            attention.append(
                count: item.count,
                firstPosition: first,
                blocks: sequence.blocks
            )
            sequence.resolveVisibility(beginOfSequence: model.vocabulary.beginOfSequence)
            addImages(of: sequence, sequence.visible[first..<first + item.count])
        }
    }

    /// Adds a sequence's images from the first that one of the rows sees to the last.
    private mutating func addImages(of sequence: LanguageSequence, _ rows: ArraySlice<Range<Int>>) {
        let seen = rows.filter { !$0.isEmpty }
        let first = seen.map(\.lowerBound).min() ?? 0
        let last = seen.map(\.upperBound).max() ?? 0
        let shift = images.count - first
        for row in rows {
            visible.append(
                row.isEmpty ? 0..<0 : row.lowerBound + shift..<row.upperBound + shift
            )
        }
        images += sequence.images[first..<last].map(\.values)
    }
}
