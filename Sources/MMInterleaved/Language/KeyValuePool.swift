package import Tensors

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

    /// How keys and values are stored.
    package let format: KeyValueFormat

    private let configuration: LanguageConfiguration
    // A block's row: keys and values of one layer after the other, then final hidden states [16, hidden].
    private let blocks: Matrix

    /// Reserves address space for blocks of a model's size.
    package init(
        _ configuration: LanguageConfiguration,
        _ format: KeyValueFormat = .f32,
        blockCount: Int
    ) {
        self.blockCount = blockCount
        self.format = format
        self.configuration = configuration
        maximumPositionCount = configuration.maximumPositionCount
        blocks = Matrix(
            rows: blockCount,
            columns: Self.hiddenColumn(configuration, format)
                + configuration.hiddenSize * Self.blockSize
        )
    }

    /// Memory of one block.
    package static func byteCount(
        perBlockOf configuration: LanguageConfiguration,
        _ format: KeyValueFormat = .f32
    ) -> Int {
        (hiddenColumn(configuration, format) + configuration.hiddenSize * blockSize)
            * MemoryLayout<Float>.stride
    }

    /// Columns of a layer's keys and values.
    private static func columnCount(
        perLayerOf configuration: LanguageConfiguration,
        _ format: KeyValueFormat
    ) -> Int {
        PagedKeyValues.columnCount(
            format,
            heads: configuration.headCount,
            headSize: configuration.headSize
        )
    }

    /// Where a block's hidden states begin: behind all layers.
    private static func hiddenColumn(
        _ configuration: LanguageConfiguration,
        _ format: KeyValueFormat
    ) -> Int {
        configuration.layerCount * columnCount(perLayerOf: configuration, format)
    }

    /// Number of blocks that hold `positionCount` positions.
    package static func blockCount(for positionCount: Int) -> Int {
        (positionCount + blockSize - 1) / blockSize
    }

    /// Copies a block's contents, as a sequence does before it writes into a block that others read.
    package func copyBlock(_ source: Int, to target: Int) {
        guard source != target else { return }
        blocks.row(target).copy(from: blocks.row(source))
    }

    /// Where a layer's keys and values lie.
    func layer(_ index: Int) -> PagedKeyValues {
        PagedKeyValues(
            format,
            heads: configuration.headCount,
            headSize: configuration.headSize,
            blocks: blocks,
            firstColumn: index * Self.columnCount(perLayerOf: configuration, format)
        )
    }

    /// A block's final hidden states, [16, hidden].
    func hidden(ofBlock block: Int) -> Matrix {
        let first = Self.hiddenColumn(configuration, format)
        let size = configuration.hiddenSize * Self.blockSize
        return blocks.row(block).columns(first..<first + size)
            .reshaped(rows: Self.blockSize, columns: configuration.hiddenSize)
    }
}
