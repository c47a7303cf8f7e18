/// How full a scheduler's pools are and how well its caches serve, for people and dashboards.
package struct SchedulerStatus: Hashable, Sendable {
    /// Something with a fixed capacity.
    package struct Pool: Hashable, Sendable {
        package let name: AdmissionRefusal.Pool
        /// What somebody needs.
        package let usedCount: Int
        /// What is kept in case somebody needs it, and given up for others.
        package let cachedCount: Int
        package let capacity: Int
    }

    package let pools: [Pool]
    /// Positions that sequences began with, and those of them that were found in the prefix cache.
    package let prefixQueryCount: Int
    package let prefixHitCount: Int
    /// Pictures asked for, and those of them that were held or being encoded.
    package let imageQueryCount: Int
    package let imageHitCount: Int
}

extension Scheduler {
    /// Machine time that a request was charged; nil once it has ended.
    package func cost(of request: RequestIdentifier) -> Duration? { requests[request]?.cost }

    /// What is in use now.
    package var status: SchedulerStatus {
        SchedulerStatus(
            pools: [
                pool(.positionBlocks, pool.usedCount, pool.cachedCount, pool.blockCount),
                pool(
                    .imageFeatures,
                    images.pinnedCount,
                    max(0, images.occupiedCount - images.pinnedCount),
                    images.capacity
                ),
                pool(.drawings, drawings.count, 0, configuration.drawingCapacity),
                pool(.inputBytes, inputByteCount, 0, configuration.inputByteBudget),
                pool(.waitingRequests, waiting.count, 0, configuration.maximumWaitingCount),
            ],
            prefixQueryCount: prefixQueryCount,
            prefixHitCount: prefixHitCount,
            imageQueryCount: images.queryCount,
            imageHitCount: images.hitCount
        )
    }

    private func pool(
        _ name: AdmissionRefusal.Pool,
        _ usedCount: Int,
        _ cachedCount: Int,
        _ capacity: Int
    ) -> SchedulerStatus.Pool {
        SchedulerStatus.Pool(
            name: name,
            usedCount: usedCount,
            cachedCount: cachedCount,
            capacity: capacity
        )
    }
}
