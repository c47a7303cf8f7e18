internal import Synchronization

/// Tells a running session when to stop: asked before every token and every denoising step.
final class SessionGuard: Sendable {
    private let isCancelled = Atomic<Bool>(false)
    private let deadline: ContinuousClock.Instant?
    private let timeout: Duration?
    private let onProgress: @Sendable () -> Void

    init(
        submitted: ContinuousClock.Instant,
        timeout: Duration?,
        onProgress: @escaping @Sendable () -> Void
    ) {
        deadline = timeout.map { submitted.advanced(by: $0) }
        self.timeout = timeout
        self.onProgress = onProgress
    }

    func cancel() {
        isCancelled.store(true, ordering: .releasing)
    }

    /// - Throws: ``EngineError`` if the request was cancelled or its time is over.
    func check() throws(EngineError) {
        onProgress()
        if isCancelled.load(ordering: .acquiring) {
            throw EngineError(.cancelled, "the request was cancelled")
        }
        if let deadline, ContinuousClock.now >= deadline {
            let limit = timeout.map { "\($0)" } ?? ""
            throw EngineError(
                .deadlineExceeded,
                field: "timeout_ms",
                "not done within \(limit)"
            )
        }
    }
}
