extension Engine {
    /// What the engine is doing; never waits for a computation.
    ///
    /// Each request has its own keys and values as long as it runs, so there are no shared pools.
    ///
    /// - `metrics`: Where the requests and steps of this engine are recorded.
    package func snapshot(_ metrics: EngineMetrics) -> EngineSnapshot {
        let status = status
        var snapshot = EngineSnapshot()
        snapshot.requests = metrics.liveRequests
        snapshot.recentSteps = metrics.snapshot().recentSteps
        snapshot.runningCount = status.runningCount
        snapshot.waitingCount = status.waitingCount
        snapshot.sinceProgress = status.sinceProgress
        snapshot.isDraining = status.isDraining
        return snapshot
    }
}
