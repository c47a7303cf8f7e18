internal import Dispatch
internal import HTTPWire
internal import Locking

/// What a writer asks its connection to do.
enum ResponseCommand: Sendable {
    case send(Response)
    case start(ResponseHead)
    case write([UInt8])
    case finish
    /// The writer went away before it had answered completely.
    case abandon
}

/// The way from a ``ResponseWriter`` on any thread to its ``Connection`` on its queue.
///
/// Commands wait in an inbox that the connection empties on its queue, so their order is that of the
/// calls whichever threads they come from. The channel, not the connection, decides which answer is
/// the first: callers learn it at once.
final class ResponseChannel: Sendable {
    private enum Phase {
        case unanswered
        case streaming
        case complete
    }

    private struct State {
        var phase = Phase.unanswered
        var isClosed = false
        var inbox: [ResponseCommand] = []
        /// Bytes of the inbox.
        var inboxByteCount = 0
        /// Bytes the connection holds for the system.
        var outputByteCount = 0
        var wasRefused = false
        var onClose: (@Sendable () -> Void)?
        var onDrain: (@Sendable () -> Void)?

        var bufferedByteCount: Int { inboxByteCount + outputByteCount }

        /// Adds a command; true if the connection must be told.
        mutating func enqueue(_ command: ResponseCommand, byteCount: Int = 0) -> Bool {
            inbox.append(command)
            inboxByteCount += byteCount
            return inbox.count == 1
        }
    }

    private let state = Mutex(State())
    private let connection: Connection
    private let highWaterMark: Int

    init(connection: Connection, highWaterMark: Int) {
        self.connection = connection
        self.highWaterMark = highWaterMark
    }

    // MARK: - The writer's side

    func send(_ response: Response) -> Bool {
        precondition(response.head.status.code >= 200, "an interim response is no answer")
        return submit { state in
            guard state.phase == .unanswered, !state.isClosed else { return nil }
            state.phase = .complete
            return state.enqueue(.send(response), byteCount: response.body.count)
        }
    }

    func start(_ head: ResponseHead) -> Bool {
        precondition(head.status.code >= 200, "an interim response is no answer")
        return submit { state in
            guard state.phase == .unanswered, !state.isClosed else { return nil }
            state.phase = .streaming
            return state.enqueue(.start(head))
        }
    }

    func write(_ bytes: [UInt8]) -> ResponseWriter.WriteOutcome {
        var isFull = false
        let isAccepted = submit { state in
            precondition(state.phase != .unanswered || state.isClosed, "write before start")
            guard state.phase == .streaming, !state.isClosed else { return nil }
            guard state.bufferedByteCount < highWaterMark else {
                state.wasRefused = true
                isFull = true
                return nil
            }
            return bytes.isEmpty
                ? false : state.enqueue(.write(bytes), byteCount: bytes.count)
        }
        return isAccepted ? .accepted : isFull ? .full : .closed
    }

    func finish() -> Bool {
        submit { state in
            precondition(state.phase != .unanswered || state.isClosed, "finish before start")
            guard state.phase == .streaming, !state.isClosed else { return nil }
            state.phase = .complete
            return state.enqueue(.finish)
        }
    }

    func abandon() {
        _ = submit { state in
            guard state.phase != .complete, !state.isClosed else { return nil }
            state.phase = .complete
            return state.enqueue(.abandon)
        }
    }

    var bufferedByteCount: Int {
        state.withLock(\.bufferedByteCount)
    }

    /// Tells how many bytes the writer's owner keeps until they are accepted.
    func backlogChanged(to byteCount: Int) {
        // Under the lock, so that nothing is counted for a connection that has been forgotten.
        state.withLock { state in
            guard !state.isClosed else { return }
            connection.ioQueue.load.answers.backlogChanged(
                of: ObjectIdentifier(connection),
                to: byteCount
            ) { [weak connection] in connection?.cutSoon() }
        }
    }

    func onClose(_ action: @escaping @Sendable () -> Void) {
        let outcome: (isClosed: Bool, replaced: (@Sendable () -> Void)?) = state.withLock { state in
            if state.isClosed { return (true, nil) }
            defer { state.onClose = action }
            return (false, state.onClose)
        }
        if outcome.isClosed { connection.ioQueue.queue.async(execute: action) }
    }

    func onDrain(_ action: @escaping @Sendable () -> Void) {
        let replaced: (@Sendable () -> Void)? = state.withLock { state in
            if state.isClosed { return nil }
            defer { state.onDrain = action }
            return state.onDrain
        }
        _ = replaced
    }

    /// Changes the state and wakes the connection if the change says so; false if it refused.
    private func submit(_ change: (inout State) -> Bool?) -> Bool {
        guard let mustWake = state.withLock({ change(&$0) }) else { return false }
        if mustWake { connection.wake(self) }
        return true
    }

    // MARK: - The connection's side

    /// Takes all waiting commands; their bytes count as output from now on.
    func takeCommands() -> [ResponseCommand] {
        state.withLock { state in
            state.outputByteCount += state.inboxByteCount
            state.inboxByteCount = 0
            defer { state.inbox = [] }
            return state.inbox
        }
    }

    /// Reports how much output the system has not taken, and calls `onDrain` when that is little again.
    func outputChanged(byteCount: Int) {
        let action: (@Sendable () -> Void)? = state.withLock { state in
            state.outputByteCount = byteCount
            guard state.wasRefused, state.bufferedByteCount <= highWaterMark / 2 else { return nil }
            state.wasRefused = false
            return state.onDrain
        }
        // Not called from here: it may write, and the connection is busy writing.
        if let action { connection.ioQueue.queue.async(execute: action) }
    }

    /// The response is with the system in full: no callback will come any more.
    func completed() {
        close(calling: false)
    }

    /// The connection is gone; tells the handler unless its answer was complete.
    func connectionClosed() {
        close(calling: true)
    }

    private func close(calling: Bool) {
        let dropped: State? = state.withLock { state in
            guard !state.isClosed else { return nil }
            let old = state
            state = State()
            state.isClosed = true
            state.phase = .complete
            return old
        }
        // The callbacks are let go of out here: they may hold the last writer, whose end takes the lock again.
        guard let dropped, calling, dropped.phase != .complete else { return }
        if let action = dropped.onClose { connection.ioQueue.queue.async(execute: action) }
    }
}
