internal import Tensors

/// One piece of a sequence before its embedding.
package enum SequenceElement: Sendable {
    /// A text token, or the token that begins an image.
    case token(Int)
    /// An image's positions; follows its begin-of-image token.
    case image(EncodedImage)
}

/// One sequence in the language model: its positions, how many of them are computed, and the blocks of
/// the pool that hold what was computed.
///
/// Threads: confined to the thread that computes.
package final class LanguageSequence {
    /// What a position is the embedding of.
    enum Position: Equatable, Sendable {
        case token(Int)
        case image(index: Int, row: Int)
    }

    /// Holds the sequence's keys, values and hidden states.
    package let pool: KeyValuePool
    /// Whether synchronizers see the images; else positions know of them by their embeddings alone.
    package let synchronizes: Bool
    /// Positions whose keys, values and hidden states are in the blocks.
    package private(set) var computedCount = 0
    /// Blocks of the pool in the order of the positions.
    package private(set) var blocks: [Int] = []

    private(set) var positions: [Position] = []
    private(set) var images: [EncodedImage] = []
    /// The images that each position sees, as far as ``resolveVisibility(beginOfSequence:)`` went.
    private(set) var visible: [Range<Int>] = []

    /// Makes an empty sequence without blocks.
    package init(_ pool: KeyValuePool, synchronizes: Bool = true) {
        self.pool = pool
        self.synchronizes = synchronizes
    }

    /// Number of known positions, computed or not.
    package var totalCount: Int { positions.count }

    /// Makes a token's position known.
    ///
    /// - Precondition: the sequence does not exceed the model's longest.
    package func append(token: Int) {
        checkRoom(1)
        positions.append(.token(token))
    }

    /// Makes an image's positions known; its own positions are the first to see it.
    ///
    /// - Precondition: the sequence does not exceed the model's longest.
    package func append(_ image: EncodedImage) {
        checkRoom(image.tokens.rows)
        for row in 0..<image.tokens.rows {
            positions.append(.image(index: images.count, row: row))
        }
        images.append(image)
    }

    /// Makes an element's positions known.
    package func append(_ element: SequenceElement) {
        switch element {
        case .token(let token): append(token: token)
        case .image(let image): append(image)
        }
    }

    private func checkRoom(_ count: Int) {
        precondition(
            positions.count + count <= pool.maximumPositionCount,
            "\(positions.count) + \(count) positions, at most \(pool.maximumPositionCount)"
        )
    }

    /// Sets the blocks of the positions from 0 on, and how many positions they hold already.
    ///
    /// - Parameters:
    ///   - blocks: Blocks of the pool, in the order of the positions.
    ///   - computedCount: May be lower than before (the blocks were taken away) or higher (blocks with
    ///     the same prefix were found).
    /// - Precondition: the blocks exist and hold that many positions, which are known.
    package func assign(blocks: [Int], computedCount: Int) {
        precondition(
            (0...min(totalCount, blocks.count * KeyValuePool.blockSize)).contains(computedCount),
            "\(computedCount) of \(totalCount) positions in \(blocks.count) blocks"
        )
        precondition(
            blocks.allSatisfy { (0..<pool.blockCount).contains($0) },
            "a block beyond \(pool.blockCount)"
        )
        self.blocks = blocks
        self.computedCount = computedCount
    }

    /// Makes a sequence of the same positions, as many of them computed, in other blocks.
    ///
    /// - Parameter blocks: Hold what this sequence's blocks hold, being the same or copies of them.
    /// - Returns: The other sequence.
    package func fork(blocks: [Int]) -> LanguageSequence {
        let other = LanguageSequence(pool, synchronizes: synchronizes)
        other.positions = positions
        other.images = images
        other.visible = visible
        other.assign(blocks: blocks, computedCount: computedCount)
        return other
    }

    /// Forgets all positions from `count` on, and the images whose positions all lie there.
    package func truncate(to count: Int) {
        precondition((0...totalCount).contains(count), "\(count) of \(totalCount) positions")
        positions.removeLast(totalCount - count)
        if visible.count > count { visible.removeLast(visible.count - count) }
        var imageCount = 0
        for case .image(let index, _) in positions { imageCount = index + 1 }
        images.removeLast(images.count - imageCount)
        computedCount = min(computedCount, count)
    }

    // MARK: - For the language model

    /// Determines which images the known positions see.
    ///
    /// A position sees the images whose begin-of-image token lies after the nearest begin-of-sequence
    /// token at or before it, and whose first position is not after it; none if it does not synchronize.
    func resolveVisibility(beginOfSequence: Int) {
        var seen = visible.last ?? 0..<0
        for position in positions[visible.count...] {
            switch position {
            case .token(let token):
                if token == beginOfSequence { seen = seen.upperBound..<seen.upperBound }
            case .image(let index, _):
                if synchronizes { seen = seen.lowerBound..<index + 1 }
            }
            visible.append(seen)
        }
    }

    /// Declares that the next `count` positions were written to the blocks.
    func advance(by count: Int) {
        precondition(computedCount + count <= totalCount, "more than \(totalCount) positions")
        computedCount += count
    }

    /// A computed position's hidden state after the final norm, [1, hidden].
    func hidden(at position: Int) -> Matrix {
        precondition(
            (0..<computedCount).contains(position),
            "position \(position) of \(computedCount)"
        )
        let size = KeyValuePool.blockSize
        return pool.hidden(ofBlock: blocks[position / size]).row(position % size)
    }
}
