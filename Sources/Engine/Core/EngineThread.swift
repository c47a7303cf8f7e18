internal import Dispatch
internal import Locking
internal import Tensors

/// The thread on which the model, the running requests and their sessions live, as an executor; worker 0 of
/// every computation.
///
/// Jobs run in the order in which they were enqueued: a session that a step made runnable goes on before
/// the next step is planned. It is a task executor too, or a continuation that is resumed would take the
/// way over the global pool, and come after the next plan.
final class EngineThread: SerialExecutor, TaskExecutor {
    private let inbox: Inbox
    private let thread: NamedThread

    /// Starts the thread.
    ///
    /// - Parameter isPinned: Whether it keeps to the first of the process's processors.
    /// - Precondition: The system has a thread left.
    init(isPinned: Bool = false) {
        let inbox = Inbox()
        let thread = NamedThread("ilv-engine", onProcessor: isPinned ? 0 : nil) {
            while let work = inbox.next() { work.run() }
        }
        guard let thread else { preconditionFailure("the system has no thread for the engine") }
        self.inbox = inbox
        self.thread = thread
    }

    /// Ends the thread, which has nothing to do any more: all work holds on to this object.
    deinit {
        inbox.close()
        // The last piece of work may be what held on to it.
        thread.isCurrent ? thread.detach() : thread.join()
    }

    func enqueue(_ job: consuming ExecutorJob) { inbox.add(.job(UnownedJob(job), on: self)) }

    func checkIsolated() { precondition(thread.isCurrent, "not on the engine's thread") }

    /// Runs something after everything that was enqueued before.
    func async(_ body: @escaping @Sendable () -> Void) { inbox.add(.body(body)) }

    /// Runs something after a time; a body that holds nothing does not keep the thread from ending.
    func async(after delay: Duration, _ body: @escaping @Sendable () -> Void) {
        inbox.add(body, at: ContinuousClock.now + delay)
    }

    /// Runs everything that is there to be done, in the middle of something that takes long.
    ///
    /// - Precondition: This is the thread, and no job runs on it.
    func runPending() {
        checkIsolated()
        while let work = inbox.poll() { work.run() }
    }

    /// A piece of work.
    fileprivate enum Work: Sendable {
        case job(UnownedJob, on: EngineThread)
        case body(@Sendable () -> Void)

        func run() {
            switch self {
            case .job(let job, let thread):
                unsafe job.runSynchronously(
                    isolatedTo: thread.asUnownedSerialExecutor(),
                    taskExecutor: thread.asUnownedTaskExecutor()
                )
            case .body(let body): body()
            }
        }
    }
}

/// What a thread has to do, now or later.
private final class Inbox: Sendable {
    private struct Alarm: Sendable {
        let time: ContinuousClock.Instant
        let body: @Sendable () -> Void
    }

    private struct State {
        /// The next last.
        var work: [EngineThread.Work] = []
        /// What came after that, in order.
        var later: [EngineThread.Work] = []
        /// The earliest last.
        var alarms: [Alarm] = []
        var isClosed = false
        var isWaitedFor = false

        /// Takes what is to be done next.
        mutating func next() -> EngineThread.Work? {
            if !alarms.isEmpty {
                let now = ContinuousClock.now
                while let alarm = alarms.last, alarm.time <= now {
                    later.append(.body(alarm.body))
                    alarms.removeLast()
                }
            }
            if work.isEmpty {
                // Both keep their memory.
                swap(&work, &later)
                work.reverse()
            }
            return work.popLast()
        }
    }

    private let state = Mutex(State())
    private let arrived = DispatchSemaphore(value: 0)

    /// The longest time for which the thread sleeps without looking.
    private static let longestSleep = Duration.seconds(3600)

    func add(_ work: EngineThread.Work) {
        change { $0.later.append(work) }
    }

    func add(_ body: @escaping @Sendable () -> Void, at time: ContinuousClock.Instant) {
        change { state in
            let place = state.alarms.firstIndex { $0.time <= time } ?? state.alarms.count
            state.alarms.insert(Alarm(time: time, body: body), at: place)
        }
    }

    /// Nothing comes any more.
    func close() {
        change { $0.isClosed = true }
    }

    private func change(_ body: (inout State) -> Void) {
        let isWaitedFor = state.withLock { state in
            body(&state)
            defer { state.isWaitedFor = false }
            return state.isWaitedFor
        }
        if isWaitedFor { arrived.signal() }
    }

    /// Takes work that is there; nil if none is.
    func poll() -> EngineThread.Work? { state.withLock { $0.next() } }

    /// Waits for work; nil once the inbox is closed and empty.
    func next() -> EngineThread.Work? {
        while true {
            let (work, sleep): (EngineThread.Work?, Duration?) = state.withLock { state in
                if let work = state.next() { return (work, nil) }
                if state.isClosed { return (nil, nil) }
                state.isWaitedFor = true
                let next = state.alarms.last.map { ContinuousClock.now.duration(to: $0.time) }
                return (nil, min(next ?? Self.longestSleep, Self.longestSleep))
            }
            guard let sleep else { return work }
            _ = arrived.wait(timeout: .now() + sleep / .seconds(1))
        }
    }
}
