internal import Dispatch

/// The serial queue on which the model, the running requests and their sessions live, as an executor.
///
/// Jobs run in the order in which they were enqueued: a session that a step made runnable goes on before
/// the next step is planned. It is a task executor too, or a continuation that is resumed would take the
/// way over the global pool, and come after the next plan.
final class EngineQueue: SerialExecutor, TaskExecutor {
    private let queue = DispatchQueue(label: "interleaved.engine", qos: .userInitiated)

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { [self] in
            unsafe job.runSynchronously(
                isolatedTo: asUnownedSerialExecutor(),
                taskExecutor: asUnownedTaskExecutor()
            )
        }
    }

    func checkIsolated() {
        dispatchPrecondition(condition: .onQueue(queue))
    }

    /// Runs something after everything that was enqueued before.
    func async(_ body: @escaping @Sendable () -> Void) {
        queue.async(execute: body)
    }

    /// Runs something after a time.
    func async(after delay: Duration, _ body: @escaping @Sendable () -> Void) {
        let seconds = delay / .seconds(1)
        queue.asyncAfter(deadline: .now() + max(0, seconds), execute: body)
    }
}
