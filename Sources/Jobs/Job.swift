internal import Locking

/// A request that outlives its connection, how far it is, and what came of it.
///
/// Threads: every member may be called from any thread.
package final class Job: Sendable {
    /// How far it is.
    package struct Progress: Sendable {
        /// Where it is in its life.
        package internal(set) var status = JobStatus.queued
        /// How often it was begun, and by whom.
        package internal(set) var start = JobStart()
        /// How it ended; nil before.
        package internal(set) var outcome: JobOutcome?
    }

    private struct State {
        var progress = Progress()
        var body: [UInt8]
        var log = JobLog()
        var cancel: (@Sendable (_ key: String?) -> Void)?
        var isErased = false
        /// The name of the key with which it was erased.
        var erasingKey: String?
        var isInterrupted = false
        /// Whether an attempt of this process is counted.
        var hasAttempt = false
        /// Whether another process may have told events of the same epoch that are not here.
        var hasPast = false
        /// Whether more was to be kept than may be.
        var isFull = false
        var waiting: [@Sendable () -> Void] = []
    }

    /// The request, without its document.
    package let request: JobRequest
    /// When this process took it.
    package let taken = ContinuousClock.now
    private let state: Mutex<State>

    /// A job that nobody computes yet.
    init(_ request: JobRequest) {
        state = Mutex(State(body: request.body))
        self.request = request.withoutBody
    }

    /// A job that another process has left.
    init(_ stored: StoredJob) {
        var state = State(body: stored.request.body)
        state.progress.start = stored.start
        if let ending = stored.ending {
            state.progress.status = ending.outcome.status
            state.progress.outcome = ending.outcome
            state.log = JobLog(ending.events, isOver: true)
            state.body = []
        } else {
            state.hasPast = stored.start.maker != nil
        }
        self.state = Mutex(state)
        request = stored.request.withoutBody
    }

    /// Name of the answer.
    package var id: String { request.id }

    /// How far it is.
    package var progress: Progress { state.withLock(\.progress) }

    /// The document of the request; empty when it has ended.
    package var body: [UInt8] { state.withLock(\.body) }

    /// The events of the epoch.
    package var log: JobLog { state.withLock(\.log) }

    /// The events, and their epoch.
    package var stream: (log: JobLog, epoch: Int) {
        state.withLock { ($0.log, $0.progress.start.epoch) }
    }

    /// Whether somebody had it erased.
    package var isErased: Bool { state.withLock(\.isErased) }

    /// The name of the key with which it was erased; nil if it was not, or there are no keys.
    package var erasingKey: String? { state.withLock(\.erasingKey) }

    /// Whether an attempt of this process is counted.
    package var hasAttempt: Bool { state.withLock(\.hasAttempt) }

    /// Whether another process may have told more events of the epoch than are here now.
    package var hasPast: Bool { state.withLock { $0.hasPast && $0.progress.outcome == nil } }

    /// Has somebody told when it has ended, or will not in this process; at once if that is so already.
    package func whenOver(_ action: @escaping @Sendable () -> Void) {
        let isOver = state.withLock { state in
            let isOver = state.progress.outcome != nil || state.isInterrupted
            if !isOver { state.waiting.append(action) }
            return isOver
        }
        if isOver { action() }
    }

    /// What is kept of it.
    var byteCount: Int {
        let (body, log, outcome) = state.withLock { ($0.body, $0.log, $0.progress.outcome) }
        let answer =
            switch outcome {
            case .completed(let document): document.count
            case .failed(let failure): failure.message.utf8.count
            case nil: 0
            }
        return body.count + log.byteCount + answer
    }

    /// Whether a request that repeats it joins it.
    var mayBeRepeated: Bool {
        if case .failed(let failure) = progress.outcome { !failure.isTransient } else { true }
    }

    // MARK: - Its computation

    /// Says that the engine computes it now.
    func begin() {
        state.withLock { state in
            if !state.progress.status.isOver { state.progress.status = .inProgress }
        }
    }

    /// Names what ends its computation, which gets the name of the key with which somebody asked for that; ends it at once if it
    /// is erased already.
    package func attach(cancel: @escaping @Sendable (_ key: String?) -> Void) {
        let (isErased, key) = state.withLock { state in
            state.cancel = cancel
            return (state.isErased, state.erasingKey)
        }
        if isErased { cancel(key) }
    }

    /// Counts that it is begun.
    ///
    /// The events of the same maker are the same each time: who has heard some goes on from there. Those of another are not.
    func attempt(by maker: String) {
        let replaced: JobLog? = state.withLock { state in
            let start = state.progress.start
            let isOther = start.maker != nil && start.maker != maker
            state.progress.start.attemptCount += 1
            state.progress.start.maker = maker
            state.hasAttempt = true
            if isOther {
                state.progress.start.epoch += 1
                state.hasPast = false
            }
            guard isOther || state.log.extent.count > 0 else { return nil }
            defer { state.log = JobLog() }
            return state.log
        }
        replaced?.finish()
    }

    /// Goes back to where it was before it was begun, as it is none of its own doing that it ended.
    ///
    /// - Returns: Whether an attempt was counted.
    func retreat() -> Bool {
        state.withLock { state in
            state.progress.status = .queued
            state.cancel = nil
            guard state.hasAttempt else { return false }
            state.hasAttempt = false
            state.progress.start.attemptCount -= 1
            return true
        }
    }

    /// Takes note that there is no room for its events or its answer, so that it fails, and its events go.
    func markFull() { state.withLock { $0.isFull = true } }

    /// Tells everybody who waits that this process has no more of it.
    func interrupt() {
        let (log, waiting) = state.withLock { state -> (JobLog, [@Sendable () -> Void]) in
            state.isInterrupted = true
            defer { state.waiting = [] }
            return (state.log, state.waiting)
        }
        log.finish()
        for action in waiting { action() }
    }

    /// Ends its computation, whose answer nobody may ask for any more.
    ///
    /// - Parameter key: The name of the key with which somebody asked for that.
    func erase(by key: String?) {
        let cancel = state.withLock { state in
            if !state.isErased { (state.isErased, state.erasingKey) = (true, key) }
            return state.cancel
        }
        cancel?(key)
    }

    /// What is told of a job that ends so.
    ///
    /// A failure is the first event of an epoch of its own where clients may have heard events of the present one that are not
    /// here, at a place where it would stand, or where the events are not kept.
    ///
    /// - Parameters:
    ///   - outcome: How it ends.
    ///   - makeEvent: Makes the event of a failure, at a place.
    /// - Returns: Its last stream.
    func lastStream(
        _ outcome: JobOutcome,
        _ makeEvent: (JobFailure, Int) -> JobLog.Event
    ) -> LastStream {
        let (log, start, isNew) = state.withLock { state in
            (state.log, state.progress.start, state.hasPast || state.isFull)
        }
        guard case .failed(let failure) = outcome else {
            return LastStream(start: start, events: log.events(from: 0), isNew: false)
        }
        guard isNew else {
            let events = log.events(from: 0)
            return LastStream(
                start: start,
                events: events + [makeEvent(failure, events.count)],
                isNew: false
            )
        }
        var next = start
        next.epoch += 1
        return LastStream(start: next, events: [makeEvent(failure, 0)], isNew: true)
    }

    /// Takes how it ended, and what is told of that.
    func end(_ outcome: JobOutcome, _ stream: LastStream) {
        let (log, waiting) = state.withLock { state -> (JobLog?, [@Sendable () -> Void]) in
            guard state.progress.outcome == nil else { return (nil, []) }
            state.progress.outcome = outcome
            state.progress.status = outcome.status
            state.progress.start = stream.start
            state.body = []
            state.cancel = nil
            defer {
                state.waiting = []
                if stream.isNew { state.log = JobLog(Array(stream.events), isOver: true) }
            }
            return (state.log, state.waiting)
        }
        if case .failed = outcome, !stream.isNew {
            log?.finish(with: stream.events.last)
        } else {
            log?.finish()
        }
        for action in waiting { action() }
    }

    /// The last of a job's streams, as it is when the job has ended.
    struct LastStream {
        /// With the epoch.
        let start: JobStart
        /// Its events.
        let events: ArraySlice<JobLog.Event>
        /// Whether it is another than the one that was told so far.
        let isNew: Bool

        /// What the events count as.
        var byteCount: Int { events.reduce(0) { $0 + $1.byteCount } }
    }
}

extension JobRequest {
    /// The request without its document.
    fileprivate var withoutBody: JobRequest {
        JobRequest(
            id: id,
            requestName: requestName,
            owner: owner,
            created: created,
            model: model,
            body: [],
            seed: seed,
            isBackground: isBackground,
            repetition: repetition
        )
    }
}
