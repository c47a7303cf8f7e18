internal import Locking
internal import MMInterleaved
internal import Scheduling
internal import Tensors

extension Engine {
    /// What the engine is doing; never waits for a computation.
    ///
    /// - Parameter metrics: Records the requests, and learns the caches' counts.
    /// - Returns: Everything as it is now.
    package func snapshot(_ metrics: EngineMetrics) -> EngineSnapshot {
        let status = status
        let (scheduler, costs) = core.scheduler.withLock { ($0.status, $0.costs) }
        metrics.cachesCounted(
            imageFeatures: MetricsSnapshot.CacheCounts(
                queryCount: scheduler.imageQueryCount,
                hitCount: scheduler.imageHitCount
            ),
            prefixes: MetricsSnapshot.CacheCounts(
                queryCount: scheduler.prefixQueryCount,
                hitCount: scheduler.prefixHitCount
            )
        )
        var snapshot = EngineSnapshot(workers)
        snapshot.requests = metrics.liveRequests
        let measured = metrics.snapshot()
        snapshot.recentSteps = measured.recentSteps
        snapshot.stepCosts = measured.costs.costs(defaults: .nano)
        snapshot.runningCount = status.runningCount
        snapshot.waitingCount = status.waitingCount
        snapshot.sinceProgress = status.sinceProgress
        snapshot.isDraining = status.isDraining
        snapshot.pools = scheduler.pools.map { pool in
            EngineSnapshot.Pool(
                name: pool.name.label,
                usedBlockCount: pool.usedCount,
                cachedBlockCount: pool.cachedCount,
                capacityBlockCount: pool.capacity,
                blockByteCount: core.byteCount(of: pool.name)
            )
        }
        snapshot.weights = core.model.weightMemory.byteCounts.map { place, byteCount in
            EngineSnapshot.Weights(
                part: place.part,
                format: place.format,
                byteCount: byteCount
            )
        }
        let work = largeWork.status
        snapshot.largeInputs = (work.runningCount, work.waitingCount)
        snapshot.pools.append(
            EngineSnapshot.Pool(
                name: "decoding_pixels",
                usedBlockCount: work.heldAmount,
                cachedBlockCount: 0,
                capacityBlockCount: work.capacity,
                // Red, green and blue.
                blockByteCount: 3
            )
        )
        snapshot.costs = Stage.allCases.map { stage in
            let cost = costs[stage]
            return EngineSnapshot.CostModel(
                stage: stage,
                fixed: cost.fixed,
                perItem: cost.perUnit
            )
        }
        return snapshot
    }
}

extension AdmissionRefusal.Pool {
    /// The pool's name in metrics and status documents.
    fileprivate var label: String {
        switch self {
        case .positionBlocks: EngineSnapshot.Pool.keyValueCache
        case .imageFeatures: "image_features"
        case .drawings: "drawings"
        case .inputBytes: "input_bytes"
        case .waitingRequests: "waiting_requests"
        }
    }
}
