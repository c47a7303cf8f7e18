/// What the model computes next: one batch of one stage.
package enum StepPlan: Hashable, Sendable {
    case encode(EncodePlan)
    case language(LanguagePlan)
    case denoise([DenoiseItem])
    case render([RenderItem])

    /// The stage that computes it.
    package var stage: Stage {
        switch self {
        case .encode: .encode
        case .language: .language
        case .denoise: .denoise
        case .render: .render
        }
    }

    /// Units of work in it: pictures, rows, samples, pictures.
    package var unitCount: Int {
        switch self {
        case .encode(let plan): plan.items.count
        case .language(let plan): plan.rowCount
        case .denoise(let items): items.reduce(0) { $0 + $1.sampleCount }
        case .render(let items): items.count
        }
    }

    /// The requests that take part, once per item, with the units of the item.
    package var shares: [(request: RequestIdentifier, unitCount: Int)] {
        switch self {
        case .encode(let plan): plan.items.map { ($0.request, 1) }
        case .language(let plan): plan.items.map { ($0.request, $0.positions.count) }
        case .denoise(let items): items.map { ($0.request, $0.sampleCount) }
        case .render(let items): items.map { ($0.request, 1) }
        }
    }
}

/// Pictures to encode, after dropping features that are no longer held.
package struct EncodePlan: Hashable, Sendable {
    /// A picture, and the request that brings its pixels.
    package struct Item: Hashable, Sendable {
        package let image: ImageDigest
        /// The first of those that wait for it.
        package let request: RequestIdentifier
    }

    package let items: [Item]
    /// Pictures whose features make room; nobody uses them.
    package let evicted: [ImageDigest]
}

/// Positions of sequences to compute in one pass.
///
/// In this order: forget what preempted sequences had computed, copy blocks one after the other, assign
/// block tables, compute.
package struct LanguagePlan: Hashable, Sendable {
    /// A block's contents to another block, before anything is computed.
    package struct BlockCopy: Hashable, Sendable {
        package let source: Int
        package let target: Int
    }

    /// The next positions of one sequence.
    package struct Item: Hashable, Sendable {
        package let request: RequestIdentifier
        package let sequence: SequenceIdentifier
        /// Positions to compute; all before them are computed and in the blocks.
        package let positions: Range<Int>
        /// Tokens of the last of the positions, which are guessed: they are no part of the sequence, but may become it.
        package let draft: [Int]
        /// Block table for positions from 0, long enough for the end of `positions`.
        package let blocks: [Int]
        /// Whether the sequence is computed up to its last known position afterwards.
        package let isLast: Bool
        /// Positions that were found computed in other sequences' blocks just now.
        package let adoptedCount: Int

        /// The same with guessed tokens after its last position.
        func with(draft: [Int]) -> Item {
            Item(
                request: request,
                sequence: sequence,
                positions: positions.lowerBound..<positions.upperBound + draft.count,
                draft: draft,
                blocks: blocks,
                isLast: isLast,
                adoptedCount: adoptedCount
            )
        }
    }

    package let items: [Item]
    /// Sequences that lost their blocks: nothing of them is computed any more.
    package let preempted: [SequenceIdentifier]
    package let copies: [BlockCopy]

    /// Rows of the batch.
    package var rowCount: Int { items.reduce(0) { $0 + $1.positions.count } }

    /// Whether a token is chosen after each row, if all that is guessed is right.
    var isDecoding: Bool {
        items.allSatisfy { $0.isLast && $0.positions.count == 1 + $0.draft.count }
    }
}

/// One denoising step of a drawing.
package struct DenoiseItem: Hashable, Sendable {
    package let request: RequestIdentifier
    package let drawing: DrawingIdentifier
    /// Samples that pass the network: two with guidance, else one.
    package let sampleCount: Int
}

/// A drawing's latents to pixels.
package struct RenderItem: Hashable, Sendable {
    package let request: RequestIdentifier
    package let drawing: DrawingIdentifier
}
