internal import Dispatch
internal import Synchronization

/// Computes values on every processor that this process may use.
///
/// For models that are loaded and written, where there is no ``Compute``; steps share work over its pool.
///
/// - Parameters:
///   - count: Number of values.
///   - body: Computes the value of an index; several run at once.
/// - Returns: The values in the order of their indices.
package func concurrentMap<Value: Sendable>(
    _ count: Int,
    _ body: @Sendable (_ index: Int) -> Value
) -> [Value] {
    let threadCount = min(count, ProcessorCount.current.workerCount)
    guard threadCount > 1 else { return (0..<count).map(body) }
    let values = Mutex([Value?](repeating: nil, count: count))
    // One after the other, so that threads which are slowed down leave the rest to the others, and read memory side by side.
    let next = Atomic<Int>(0)
    DispatchQueue.concurrentPerform(iterations: threadCount) { _ in
        while true {
            let index = next.add(1, ordering: .relaxed).oldValue
            if index >= count { return }
            let value = body(index)
            values.withLock { $0[index] = value }
        }
    }
    return values.withLock { $0.compactMap(\.self) }
}
