internal import Tensors

/// The threads that compute, and the processors that there are for them.
package struct EngineWorkers: Hashable, Sendable, CustomStringConvertible {
    /// Threads, the engine's own included.
    package let count: Int
    /// Whether each keeps to a processor of its own.
    package let isPinned: Bool
    /// Processors that the process may run on, by its affinity.
    package let processorCount: Int
    /// Processors whose whole time the process's control groups allow; nil without a limit.
    package let processorQuota: Double?

    /// As many workers on the processors of this process.
    init(count: Int, isPinned: Bool) {
        self.count = count
        self.isPinned = isPinned
        processorCount = ProcessorCount.current.affinity
        processorQuota = ProcessorCount.current.quota
    }

    package var description: String {
        let processors = ProcessorCount(affinity: processorCount, quota: processorQuota)
        let pinned = isPinned ? ", each on a processor of its own" : ""
        return "\(count) worker\(count == 1 ? "" : "s") (\(processors))\(pinned)"
    }
}
