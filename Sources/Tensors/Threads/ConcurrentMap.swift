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
    DispatchQueue.concurrentPerform(iterations: threadCount) { thread in
        for index in stride(from: thread, to: count, by: threadCount) {
            let value = body(index)
            values.withLock { $0[index] = value }
        }
    }
    return values.withLock { $0.compactMap(\.self) }
}
