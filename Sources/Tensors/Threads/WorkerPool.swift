internal import CLinux
internal import Glibc
internal import Synchronization

/// A fixed set of threads that run the parts of one computation and meet at its end.
///
/// The caller's thread takes part. Parts are claimed one by one, so which thread runs a part varies,
/// but what a part is depends on sizes alone: results are equal for every number of workers.
///
/// Threads: ``run(_:_:)`` is called by one thread at a time (the engine's).
package final class WorkerPool {
    /// Number of threads, the caller included.
    package let workerCount: Int

    private let shared = SharedState()
    private var threads: [pthread_t] = []

    /// Starts `workerCount - 1` threads; 0 means one worker per processor that this process may use.
    package init(workerCount requested: Int = 0) {
        workerCount = requested > 0 ? requested : Self.processorCount
        for index in 1..<max(workerCount, 1) {
            var thread = pthread_t()
            let start = ThreadStart(state: shared, worker: index)
            let context = unsafe Unmanaged.passRetained(start).toOpaque()
            let status = unsafe pthread_create(
                &thread,
                nil,
                { context in
                    guard let context = unsafe context else { return nil }
                    let start = unsafe Unmanaged<ThreadStart>.fromOpaque(context)
                        .takeRetainedValue()
                    start.state.work(as: start.worker)
                    return nil
                },
                context
            )
            precondition(status == 0, "cannot start worker thread \(index): error \(status)")
            threads.append(thread)
        }
    }

    deinit {
        shared.stop()
        for thread in threads { pthread_join(thread, nil) }
    }

    /// Number of processors that this process may run on.
    package static var processorCount: Int {
        Int(ilv_processor_count())
    }

    /// Calls `body(part, worker)` for every part in `0..<count` and returns when all have finished.
    ///
    /// `worker` is in `0..<workerCount` and tells which scratch memory the part may use. Parts must
    /// write disjoint memory.
    package func run(_ count: Int, _ body: (_ part: Int, _ worker: Int) -> Void) {
        if count <= 1 || workerCount <= 1 {
            for part in 0..<count { body(part, 0) }
            return
        }
        withoutActuallyEscaping(body) { body in
            shared.run(count: count, helpers: workerCount - 1, body: body)
        }
    }

    private final class ThreadStart {
        let state: SharedState
        let worker: Int
        init(state: SharedState, worker: Int) {
            self.state = state
            self.worker = worker
        }
    }
}

/// What the pool's threads share: the current job and the two meeting points.
@safe private final class SharedState {
    /// Parts not yet claimed are `next..<count`.
    private let next = Atomic<Int>(0)
    /// Threads that have not yet finished the current job.
    private let running = Atomic<Int>(0)
    /// Grows by one per job; what idle threads watch.
    private let generation = Atomic<Int>(0)
    private let isStopping = Atomic<Bool>(false)

    private var count = 0
    private var body: ((Int, Int) -> Void)?

    // A condition variable puts threads to sleep when no job came for a while.
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>

    init() {
        unsafe mutex = .allocate(capacity: 1)
        unsafe condition = .allocate(capacity: 1)
        unsafe pthread_mutex_init(mutex, nil)
        unsafe pthread_cond_init(condition, nil)
    }

    deinit {
        unsafe pthread_cond_destroy(condition)
        unsafe pthread_mutex_destroy(mutex)
        unsafe condition.deallocate()
        unsafe mutex.deallocate()
    }

    func run(count: Int, helpers: Int, body: @escaping (Int, Int) -> Void) {
        self.count = count
        self.body = body
        next.store(0, ordering: .relaxed)
        running.store(helpers, ordering: .relaxed)
        unsafe pthread_mutex_lock(mutex)
        // The release here publishes count and body to every thread that sees the new generation.
        generation.add(1, ordering: .releasing)
        unsafe pthread_cond_broadcast(condition)
        unsafe pthread_mutex_unlock(mutex)
        claimParts(worker: 0, count: count, body: body)
        var spins = 0
        while running.load(ordering: .acquiring) > 0 {
            spins += 1
            // On a busy machine a helper may not be running at all: let it have this processor.
            if spins > 2000 { sched_yield() }
        }
        self.body = nil
    }

    func work(as worker: Int) {
        var seen = 0
        while true {
            guard let current = awaitJob(after: seen) else { return }
            seen = current
            if let body { claimParts(worker: worker, count: count, body: body) }
            running.subtract(1, ordering: .acquiringAndReleasing)
        }
    }

    func stop() {
        isStopping.store(true, ordering: .releasing)
        unsafe pthread_mutex_lock(mutex)
        unsafe pthread_cond_broadcast(condition)
        unsafe pthread_mutex_unlock(mutex)
    }

    private func claimParts(worker: Int, count: Int, body: (Int, Int) -> Void) {
        while true {
            let part = next.add(1, ordering: .relaxed).oldValue
            if part >= count { return }
            body(part, worker)
        }
    }

    /// Waits for a generation other than `seen`; returns nil when the pool stops.
    ///
    /// First by watching, as jobs of one forward pass follow each other within microseconds, then
    /// asleep.
    private func awaitJob(after seen: Int) -> Int? {
        for _ in 0..<4000 {
            let current = generation.load(ordering: .acquiring)
            if current != seen { return current }
            if isStopping.load(ordering: .acquiring) { return nil }
        }
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        while true {
            let current = generation.load(ordering: .acquiring)
            if current != seen { return current }
            if isStopping.load(ordering: .acquiring) { return nil }
            unsafe pthread_cond_wait(condition, mutex)
        }
    }
}

// Sendable: `count` and `body` are written before `generation` is advanced and read after it was seen;
// they change again only after every helper has left the job (`running` is 0).
extension SharedState: @unchecked Sendable {}
