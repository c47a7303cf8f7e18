internal import Scheduling
internal import Synchronization

extension Engine {
    /// What the engine is doing; never waits for a computation.
    ///
    /// - `metrics`: Where the requests are recorded.
    package func snapshot(_ metrics: EngineMetrics) -> EngineSnapshot {
        let status = status
        let (scheduler, costs) = core.scheduler.withLock { ($0.status(now: core.now), $0.costs) }
        var snapshot = EngineSnapshot()
        snapshot.requests = metrics.liveRequests
        snapshot.recentSteps = metrics.snapshot().recentSteps
        snapshot.runningCount = status.runningCount
        snapshot.waitingCount = status.waitingCount
        snapshot.sinceProgress = status.sinceProgress
        snapshot.isDraining = status.isDraining
        snapshot.pools = scheduler.pools.map { pool in
            EngineSnapshot.Pool(
                name: pool.name.rawValue,
                usedBlockCount: pool.usedCount,
                cachedBlockCount: pool.cachedCount,
                capacityBlockCount: pool.capacity,
                blockByteCount: core.byteCount(of: pool.name)
            )
        }
        snapshot.costs = Stage.allCases.map { stage in
            let cost = costs[stage]
            return EngineSnapshot.CostModel(
                stage: stage,
                fixed: cost.fixed,
                perItem: cost.perUnit
            )
        }
        snapshot.prefixQueryCount = scheduler.prefixQueryCount
        snapshot.prefixHitCount = scheduler.prefixHitCount
        snapshot.imageQueryCount = scheduler.imageQueryCount
        snapshot.imageHitCount = scheduler.imageHitCount
        return snapshot
    }
}
