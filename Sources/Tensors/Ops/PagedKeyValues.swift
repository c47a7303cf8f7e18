/// How keys and values are stored.
///
/// The format belongs to the model: whatever the processor, it gives the same bits everywhere.
package enum KeyValueFormat: String, CaseIterable, Hashable, Sendable {
    /// Single precision.
    case f32
    /// Signed bytes with a scale per position and head, rounded once, when they are stored.
    case int8
}

/// Where the keys and values of one layer lie in a pool of blocks.
@safe package struct PagedKeyValues: Sendable {
    /// Positions in a block.
    package static let blockSize = 16

    /// How keys and values are stored.
    package let format: KeyValueFormat
    /// Heads of the layer.
    let heads: Int
    /// Channels of a head.
    let headSize: Int
    /// One block per row; from the layer's first column on keys [heads, headSize, 16] and values [heads, 16, headSize],
    /// of bytes four to a column, each followed by their scales [heads, 16].
    package let blocks: Matrix
    /// Where the layer begins.
    package let firstColumn: Int

    /// Describes a layer's place in the pool's rows.
    ///
    /// - Parameters:
    ///   - format: How keys and values are stored.
    ///   - heads: Heads of the layer.
    ///   - headSize: Channels of a head.
    ///   - blocks: A row per block.
    ///   - firstColumn: Where the layer begins in each.
    /// - Precondition: ``columnCount(_:heads:headSize:)`` columns follow.
    package init(
        _ format: KeyValueFormat,
        heads: Int,
        headSize: Int,
        blocks: Matrix,
        firstColumn: Int
    ) {
        self.format = format
        self.heads = heads
        self.headSize = headSize
        self.blocks = blocks
        self.firstColumn = firstColumn
        let end = firstColumn + Self.columnCount(format, heads: heads, headSize: headSize)
        precondition(end <= blocks.columns, "keys and values of a layer beyond a block")
    }

    /// Columns that a layer's keys and values take in a block.
    package static func columnCount(_ format: KeyValueFormat, heads: Int, headSize: Int) -> Int {
        2 * halfColumnCount(format, heads, headSize)
    }

    /// Columns of keys, and of values.
    private static func halfColumnCount(
        _ format: KeyValueFormat,
        _ heads: Int,
        _ headSize: Int
    ) -> Int {
        let count = blockSize * heads * headSize
        return switch format {
        case .f32: count
        case .int8: count / 4 + blockSize * heads
        }
    }

    /// Memory that the layer takes in a block.
    var byteCountPerBlock: Int {
        Self.columnCount(format, heads: heads, headSize: headSize) * MemoryLayout<Float>.stride
    }

    // MARK: - What belongs to a head of a block

    /// Keys of single precision, [headSize, 16].
    func keys(_ block: Int, _ head: Int) -> UnsafeMutablePointer<Float> {
        unsafe start(ofKeysIn: block) + Self.blockSize * headSize * head
    }

    /// Values of single precision, [16, headSize].
    func values(_ block: Int, _ head: Int) -> UnsafeMutablePointer<Float> {
        unsafe start(ofValuesIn: block) + Self.blockSize * headSize * head
    }

    /// Keys as bytes, [headSize, 16].
    func keyBytes(_ block: Int, _ head: Int) -> UnsafeMutablePointer<Int8> {
        unsafe bytes(start(ofKeysIn: block), head)
    }

    /// Values as bytes, [16, headSize].
    func valueBytes(_ block: Int, _ head: Int) -> UnsafeMutablePointer<Int8> {
        unsafe bytes(start(ofValuesIn: block), head)
    }

    /// Scales of keys that are bytes, [16].
    func keyScales(_ block: Int, _ head: Int) -> UnsafeMutablePointer<Float> {
        unsafe scales(start(ofKeysIn: block), head)
    }

    /// Scales of values that are bytes, [16].
    func valueScales(_ block: Int, _ head: Int) -> UnsafeMutablePointer<Float> {
        unsafe scales(start(ofValuesIn: block), head)
    }

    private func start(ofKeysIn block: Int) -> UnsafeMutablePointer<Float> {
        unsafe blocks.base + block * blocks.stride + firstColumn
    }

    private func start(ofValuesIn block: Int) -> UnsafeMutablePointer<Float> {
        unsafe start(ofKeysIn: block) + Self.halfColumnCount(format, heads, headSize)
    }

    private func bytes(
        _ start: UnsafeMutablePointer<Float>,
        _ head: Int
    ) -> UnsafeMutablePointer<Int8> {
        unsafe UnsafeMutableRawPointer(start).assumingMemoryBound(to: Int8.self)
            + Self.blockSize * headSize * head
    }

    private func scales(
        _ start: UnsafeMutablePointer<Float>,
        _ head: Int
    ) -> UnsafeMutablePointer<Float> {
        unsafe start + Self.blockSize * heads * headSize / 4 + Self.blockSize * head
    }
}
