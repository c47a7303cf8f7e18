internal import Locking

/// A request that outlives its connection, how far it is, and what came of it.
///
/// Threads: every member may be called from any thread.
package final class Job: Sendable {
    /// How far it is.
    package struct Progress: Sendable {
        /// Where it is in its life.
        package internal(set) var status = JobStatus.queued
        /// How often it was begun.
        package internal(set) var attemptCount = 0
        /// Which of its streams is told.
        package internal(set) var epoch = 1
        /// How it ended; nil before.
        package internal(set) var outcome: JobOutcome?
    }

    private struct State {
        var progress = Progress()
        var body: [UInt8]
        var log = JobLog()
        var cancel: (@Sendable () -> Void)?
        var isErased = false
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
        state.withLock { ($0.log, $0.progress.epoch) }
    }

    /// Whether somebody had it erased.
    package var isErased: Bool { state.withLock(\.isErased) }

    /// Has somebody told when it has ended, at once if it has.
    package func whenOver(_ action: @escaping @Sendable () -> Void) {
        let isOver = state.withLock { state in
            if state.progress.outcome == nil { state.waiting.append(action) }
            return state.progress.outcome != nil
        }
        if isOver { action() }
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
    func attempt() {
        state.withLock { $0.progress.attemptCount += 1 }
    }

    /// Goes back to where it was before it was begun, as it is none of its own doing that it ended.
    func retreat() {
        state.withLock { state in
            state.progress.attemptCount -= 1
            state.progress.status = .queued
            state.cancel = nil
        }
    }

    /// Ends its computation, whose answer nobody may ask for any more.
    func erase() {
        let cancel = state.withLock { state in
            state.isErased = true
            return state.cancel
        }
        cancel?()
    }

    /// Takes how it ended.
    func end(_ outcome: JobOutcome) {
        let (log, waiting) = state.withLock { state -> (JobLog?, [@Sendable () -> Void]) in
            guard state.progress.outcome == nil else { return (nil, []) }
            state.progress.outcome = outcome
            state.progress.status = outcome.status
            state.body = []
            state.cancel = nil
            defer { state.waiting = [] }
            return (state.log, state.waiting)
        }
        log?.finish()
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
