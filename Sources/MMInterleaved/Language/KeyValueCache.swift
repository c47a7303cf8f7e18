package import Tensors

/// Keys and values of the positions that a sequence has computed, one pair of matrices per layer.
///
/// Address space is taken for the longest sequence at once; memory only as positions are written.
package final class KeyValueCache {
    /// Positions that hold keys and values.
    package private(set) var count = 0
    /// Most positions.
    package let capacity: Int

    private let keys: [Matrix]  // per layer [capacity, hidden]
    private let values: [Matrix]

    /// Makes an empty cache.
    package init(layerCount: Int, hiddenSize: Int, capacity: Int) {
        self.capacity = capacity
        keys = (0..<layerCount).map { _ in Matrix(rows: capacity, columns: hiddenSize) }
        values = (0..<layerCount).map { _ in Matrix(rows: capacity, columns: hiddenSize) }
    }

    /// Keys and values of a layer's first `count` positions, as views to read or write.
    package func layer(_ index: Int, count: Int) -> (keys: Matrix, values: Matrix) {
        (keys[index].rows(0..<count), values[index].rows(0..<count))
    }

    /// Declares that every layer's next `added` positions have been written.
    package func advance(by added: Int) {
        precondition(count + added <= capacity, "position \(count + added) of \(capacity)")
        count += added
    }

    /// Forgets all positions from `newCount` on.
    package func truncate(to newCount: Int) {
        precondition((0...count).contains(newCount))
        count = newCount
    }

    /// Takes over another cache's positions.
    package func copy(from other: KeyValueCache) {
        for layer in keys.indices {
            let (own, source) = (
                self.layer(layer, count: other.count), other.layer(layer, count: other.count)
            )
            own.keys.copy(from: source.keys)
            own.values.copy(from: source.values)
        }
        count = other.count
    }
}
