/// What a scheduler is doing, for people and dashboards.
package struct SchedulerStatus: Hashable, Sendable {
    /// An admitted request.
    package struct Request: Hashable, Sendable {
        package let identifier: RequestIdentifier
        package let priority: Priority
        package let isRunning: Bool
        /// Whether its input is prepared.
        package let isReady: Bool
        /// Whether it waits for blocks that others have.
        package let isStalled: Bool
        /// Stage of the last step in which it took part.
        package let stage: Stage?
        /// Time since it was admitted.
        package let age: Duration
        /// Time until it started, or until now.
        package let waited: Duration
        /// Machine time that it was charged.
        package let cost: Duration
        package let sequenceCount: Int
        package let computedPositionCount: Int
        package let totalPositionCount: Int
        /// Positions that it found computed by others.
        package let adoptedPositionCount: Int
        package let drawingCount: Int
        package let awaitedImageCount: Int
        package let preemptionCount: Int
    }

    /// Something with a fixed capacity.
    package struct Pool: Hashable, Sendable {
        package let name: AdmissionRefusal.Pool
        /// What somebody needs.
        package let usedCount: Int
        /// What is kept in case somebody needs it, and given up for others.
        package let cachedCount: Int
        package let capacity: Int
    }

    /// Running requests in the order in which they started, then waiting ones in order of admission.
    package let requests: [Request]
    package let pools: [Pool]
    /// Positions that sequences began with, and those of them that were found in the prefix cache.
    package let prefixQueryCount: Int
    package let prefixHitCount: Int
    /// Pictures asked for, and those of them that were held or being encoded.
    package let imageQueryCount: Int
    package let imageHitCount: Int
    package let isDraining: Bool
}

extension Scheduler {
    /// What is going on at `now`.
    package func status(now: Duration) -> SchedulerStatus {
        SchedulerStatus(
            requests: (running + waiting).compactMap { requests[$0] }.map {
                status(of: $0, now: now)
            },
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
            imageHitCount: images.hitCount,
            isDraining: isDraining
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

    private func status(of request: RequestState, now: Duration) -> SchedulerStatus.Request {
        let owned = request.sequences.compactMap { sequences[$0] }
        return SchedulerStatus.Request(
            identifier: request.identifier,
            priority: request.bounds.priority,
            isRunning: request.startedAt != nil,
            isReady: request.isReady,
            isStalled: request.isStalled,
            stage: request.stage,
            age: now - request.admittedAt,
            waited: (request.startedAt ?? now) - request.admittedAt,
            cost: request.cost,
            sequenceCount: owned.count,
            computedPositionCount: owned.reduce(0) { $0 + $1.computedCount },
            totalPositionCount: owned.reduce(0) { $0 + $1.content.count },
            adoptedPositionCount: request.adoptedCount,
            drawingCount: request.drawings.count,
            awaitedImageCount: request.awaitedImages.count,
            preemptionCount: request.preemptionCount
        )
    }
}
