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
        var cancel: (@Sendable () -> Void)?
        var isErased = false
        var isInterrupted = false
        var waiting: [@Sendable () -> Void] = []
    }

    /// The request, without its document.
    package let request: JobRequest
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
    package func begin() {
        state.withLock { state in
            if !state.progress.status.isOver { state.progress.status = .inProgress }
        }
    }

    /// Names what ends its computation; ends it at once if it is erased already.
    package func attach(cancel: @escaping @Sendable () -> Void) {
        let isErased = state.withLock { state in
            state.cancel = cancel
            return state.isErased
        }
        if isErased { cancel() }
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
            if isOther { state.progress.start.epoch += 1 }
            guard isOther || state.log.extent.count > 0 else { return nil }
            defer { state.log = JobLog() }
            return state.log
        }
        replaced?.finish()
    }

    /// Goes back to where it was before it was begun, as it is none of its own doing that it ended.
    func retreat() {
        state.withLock { state in
            state.progress.start.attemptCount -= 1
            state.progress.status = .queued
            state.cancel = nil
        }
    }

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
    func erase() {
        let cancel = state.withLock { state in
            state.isErased = true
            return state.cancel
        }
        cancel?()
    }

    /// Takes how it ended, and the event that tells of that, unless its log has it.
    func end(_ outcome: JobOutcome, telling event: JobLog.Event?) {
        let (log, waiting) = state.withLock { state -> (JobLog?, [@Sendable () -> Void]) in
            guard state.progress.outcome == nil else { return (nil, []) }
            state.progress.outcome = outcome
            state.progress.status = outcome.status
            state.body = []
            state.cancel = nil
            defer { state.waiting = [] }
            return (state.log, state.waiting)
        }
        log?.finish(with: event)
        for action in waiting { action() }
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
