internal import Tensors

/// Memory for keys, values and final hidden states of all sequences, in blocks of positions.
///
/// A block belongs to whom its owner says: the pool keeps no account. A sequence writes only positions
/// that it computes, so blocks of positions that are computed already may be shared.
///
/// Address space is taken for all blocks at once; memory only as positions are written.
package final class KeyValuePool {
    /// Positions in a block.
    package static let blockSize = PagedKeyValues.blockSize

    /// Number of blocks.
    package let blockCount: Int
    /// Most positions of one sequence.
    package let maximumPositionCount: Int

    private let layerCount: Int
    private let hiddenSize: Int
    // A block's row: per layer keys [heads, headSize, 16] and values [heads, 16, headSize], then final
    // hidden states [16, hidden].
    private let blocks: Matrix

    /// Reserves address space for blocks of a model's size.
    package init(_ configuration: LanguageConfiguration, blockCount: Int) {
        self.blockCount = blockCount
        maximumPositionCount = configuration.maximumPositionCount
        layerCount = configuration.layerCount
        hiddenSize = configuration.hiddenSize
        blocks = Matrix(rows: blockCount, columns: Self.elementCount(perBlockOf: configuration))
    }

    /// Memory of one block.
    package static func byteCount(perBlockOf configuration: LanguageConfiguration) -> Int {
        elementCount(perBlockOf: configuration) * MemoryLayout<Float>.stride
    }

    /// Number of blocks that hold `positionCount` positions.
    package static func blockCount(for positionCount: Int) -> Int {
        (positionCount + blockSize - 1) / blockSize
    }

    private static func elementCount(perBlockOf configuration: LanguageConfiguration) -> Int {
        (2 * configuration.layerCount + 1) * configuration.hiddenSize * blockSize
    }

    /// Copies a block's contents, as a sequence does before it writes into a block that others read.
    package func copyBlock(_ source: Int, to target: Int) {
        guard source != target else { return }
        blocks.row(target).copy(from: blocks.row(source))
    }

    /// Where a layer's keys and values lie.
    func layer(_ index: Int) -> PagedKeyValues {
        let size = hiddenSize * Self.blockSize
        return PagedKeyValues(
            blocks: blocks,
            keyOffset: 2 * index * size,
            valueOffset: (2 * index + 1) * size
        )
    }

    /// A block's final hidden states, [16, hidden].
    func hidden(ofBlock block: Int) -> Matrix {
        let size = hiddenSize * Self.blockSize
        let first = 2 * layerCount * size
        return blocks.row(block).columns(first..<first + size)
            .reshaped(rows: Self.blockSize, columns: hiddenSize)
    }
}
