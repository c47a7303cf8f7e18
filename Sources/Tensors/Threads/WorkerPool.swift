internal import Dispatch
internal import Glibc
internal import Synchronization

/// A fixed set of threads that run the parts of one computation and meet at its end.
///
/// The caller's thread takes part, as worker 0. Parts are claimed one by one, so which thread runs a part
/// varies; every element of a result is computed within one part, in an order of its own, so results are
/// equal for every number of workers and of parts.
///
/// Threads: ``run(_:_:)`` is called by one thread at a time (the engine's), and by no part; an interruption is no part.
package final class WorkerPool {
    /// Number of threads, the caller included.
    package let workerCount: Int
    /// Measures the parts instead of sharing them, where it is there.
    package var recorder: PartRecorder?
    /// Counts computations instead of running them, where it is there.
    package var counter: WorkCounter?
    /// Comes between the parts of computations, where it is there.
    package var interruption: Interruption?
    /// Whether nobody wants what is computed: then no further part is begun of anything, and results are whatever they are.
    package var isGivenUp = false

    private let board: JobBoard
    private let sleepers: [Sleeper]
    private let threads: [NamedThread]
    private let isRunning = Atomic<Bool>(false)

    /// Starts all threads but the caller's.
    ///
    /// There are fewer workers where the system has no more threads.
    ///
    /// - Parameters:
    ///   - requested: Number of workers; 0 for one per processor that this process may use.
    ///   - pins: Whether every worker keeps to a processor of its own. The caller's thread is the caller's business.
    package init(workerCount requested: Int = 0, pins: Bool = false) {
        let board = JobBoard()
        let count = requested > 0 ? requested : ProcessorCount.current.workerCount
        var sleepers: [Sleeper] = []
        var threads: [NamedThread] = []
        for worker in 1..<max(count, 1) {
            let sleeper = Sleeper()
            let thread = NamedThread("ilv-worker-\(worker)", onProcessor: pins ? worker : nil) {
                board.work(as: worker, sleeper)
            }
            guard let thread else { break }
            threads.append(thread)
            sleepers.append(sleeper)
        }
        self.board = board
        self.sleepers = sleepers
        self.threads = threads
        workerCount = threads.count + 1
    }

    deinit {
        board.stop()
        for sleeper in sleepers { sleeper.wake() }
        for thread in threads { thread.join() }
    }

    /// Calls `body(part, worker)` for every part in `0..<count` and returns when all have finished.
    ///
    /// Parts must write disjoint memory.
    ///
    /// - Parameters:
    ///   - count: Number of parts.
    ///   - byteCount: Memory that all parts together read and write, as far as a recorder should know.
    ///   - body: Computes a part; `worker`, below `workerCount`, tells which scratch memory it may use.
    /// - Precondition: nothing else runs on the pool; a part may not use it.
    package func run(
        _ count: Int,
        byteCount: Int = 0,
        _ body: (_ part: Int, _ worker: Int) -> Void
    ) {
        let isBusy = isRunning.exchange(true, ordering: .acquiring)
        precondition(!isBusy, "the pool runs one computation at a time, and none inside a part")
        defer { isRunning.store(false, ordering: .releasing) }
        if let counter {
            counter.count(byteCount: byteCount)
            return
        }
        if let recorder {
            recorder.run(count, byteCount: byteCount, body)
            return
        }
        if isGivenUp { return }
        // Nothing to share: no need to tell anybody.
        if min(count, workerCount) == 1 && interruption == nil {
            for part in 0..<count { body(part, 0) }
            return
        }
        withoutActuallyEscaping(body) { body in
            var first = 0
            while first < count {
                interruptIfDue()
                if isGivenUp { return }
                first = run(Job(first: first, count: count, body: body), interruption?.isDue)
            }
        }
    }

    /// Runs the parts of a job, or begins no more of them once it is time for something else.
    ///
    /// - Parameters:
    ///   - job: The parts.
    ///   - isDue: Whether it is time; nil if nothing may come between.
    /// - Returns: The first part that was left, or the number of all.
    private func run(_ job: Job, _ isDue: (() -> Bool)?) -> Int {
        // Who has nothing to do is not woken, nor waited for.
        let helperCount = min(job.count - job.first, workerCount) - 1
        board.post(job, helperCount: helperCount)
        for sleeper in sleepers[..<helperCount] { sleeper.wake() }
        return board.finish(isDue)
    }

    /// Lets go of the pool for as long as an interruption takes.
    private func interruptIfDue() {
        guard let interruption, interruption.isDue() else { return }
        self.interruption = nil
        isRunning.store(false, ordering: .releasing)
        interruption.body()
        isRunning.store(true, ordering: .relaxed)
        self.interruption = interruption
    }
}

/// Parts to run: those from the first on, below the number of all.
private struct Job {
    let first: Int
    let count: Int
    let body: (_ part: Int, _ worker: Int) -> Void
}

/// What the pool's threads share: the current job and the two meeting points.
private final class JobBoard {
    /// Parts not yet claimed are `next..<count`.
    private let next = Atomic<Int>(0)
    /// Helpers that have not yet finished the current job.
    private let running = Atomic<Int>(0)
    /// The current job's number, and how many helpers it has: what idle threads watch.
    private let call = Atomic<UInt64>(0)
    private let isStopping = Atomic<Bool>(false)
    private var job: Job?

    private static let helperBits: UInt64 = 16

    /// Calls the workers `1...helperCount`.
    func post(_ job: Job, helperCount: Int) {
        self.job = job
        next.store(job.first, ordering: .relaxed)
        running.store(helperCount, ordering: .relaxed)
        let number = (call.load(ordering: .relaxed) >> Self.helperBits) &+ 1
        // This publishes the job to every helper that sees the new number; it comes before the look at who sleeps.
        call.store(
            number << Self.helperBits | UInt64(helperCount),
            ordering: .sequentiallyConsistent
        )
    }

    /// Takes part as worker 0 and waits for the helpers.
    ///
    /// - Parameter isDue: Whether no more parts are to be begun; nil if all are.
    /// - Returns: The first part that nobody began, or the number of all.
    func finish(_ isDue: (() -> Bool)?) -> Int {
        let first = claimParts(worker: 0, isDue)
        var spins = 0
        while running.load(ordering: .acquiring) > 0 {
            spins += 1
            // On a busy machine a helper may not be running at all: let it have this processor.
            if spins > 2000 { sched_yield() }
        }
        job = nil
        return first
    }

    /// Works until the end of the pool.
    func work(as worker: Int, _ sleeper: Sleeper) {
        var seen: UInt64 = 0
        while let current = awaitCall(after: seen, sleeper) {
            seen = current
            // A job that does not need this worker may be over by now: nothing but its number is looked at.
            guard worker <= current & (1 << Self.helperBits - 1) else { continue }
            claimParts(worker: worker)
            running.subtract(1, ordering: .acquiringAndReleasing)
        }
    }

    func stop() { isStopping.store(true, ordering: .sequentiallyConsistent) }

    /// Runs parts until all are claimed, or until it is time for something else.
    ///
    /// - Returns: The first part that nobody claimed, or the number of all.
    @discardableResult
    private func claimParts(worker: Int, _ isDue: (() -> Bool)? = nil) -> Int {
        guard let job else { return 0 }
        while true {
            let part = next.add(1, ordering: .relaxed).oldValue
            if part >= job.count { return job.count }
            job.body(part, worker)
            if let isDue, isDue() {
                return min(next.exchange(job.count, ordering: .relaxed), job.count)
            }
        }
    }

    /// Waits for a call other than `seen`; returns nil when the pool stops.
    ///
    /// First by watching, as jobs of one forward pass follow each other within microseconds, then asleep.
    private func awaitCall(after seen: UInt64, _ sleeper: Sleeper) -> UInt64? {
        while true {
            for _ in 0..<4000 {
                let current = call.load(ordering: .acquiring)
                if current != seen { return current }
                if isStopping.load(ordering: .acquiring) { return nil }
            }
            sleeper.sleep {
                call.load(ordering: .sequentiallyConsistent) == seen
                    && !isStopping.load(ordering: .sequentiallyConsistent)
            }
        }
    }
}

// Sendable: `job` is written before `call` changes and read after the change was seen, by helpers of that
// job; it is written again only after every helper has left (`running` is 0).
extension JobBoard: @unchecked Sendable {}

/// A worker's bed.
private final class Sleeper: Sendable {
    private let isAsleep = Atomic<Bool>(false)
    private let semaphore = DispatchSemaphore(value: 0)

    /// Sleeps until somebody wakes it, unless there is a reason not to by now.
    ///
    /// Whoever makes the reason does so before ``wake()``: one of the two sees what the other did.
    func sleep(if mayStill: () -> Bool) {
        isAsleep.store(true, ordering: .sequentiallyConsistent)
        if !mayStill(), isAsleep.exchange(false, ordering: .sequentiallyConsistent) { return }
        semaphore.wait()
    }

    func wake() {
        guard isAsleep.load(ordering: .sequentiallyConsistent),
            isAsleep.exchange(false, ordering: .sequentiallyConsistent)
        else { return }
        semaphore.signal()
    }
}
