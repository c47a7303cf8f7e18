package import HTTPWire

/// The answer to one request, given at once or bit by bit, from any thread.
///
/// The first of ``send(_:)`` and ``start(_:)`` answers the request; a later attempt is ignored and says so,
/// which lets a deadline and a result race for it. Calls made by one thread take effect in their order.
/// When the last reference goes away with the answer incomplete, the server completes it: with 500 if
/// nothing was sent, else by cutting the connection so that the client does not take a part for the whole.
package final class ResponseWriter: Sendable {
    /// What became of bytes given to ``ResponseWriter/write(_:)``.
    package enum WriteOutcome: Hashable, Sendable {
        /// They will be sent.
        case accepted
        /// They were not taken: the client reads too slowly. Keep them until ``ResponseWriter/onDrain(_:)`` calls.
        case full
        /// They were dropped: the client is gone or the answer complete.
        case closed
    }

    private let channel: ResponseChannel

    init(_ channel: ResponseChannel) {
        self.channel = channel
    }

    deinit {
        channel.abandon()
    }

    /// Answers with a whole response.
    ///
    /// - Precondition: The status is final, 200 or above.
    /// - Returns: Whether this call was the one that answered, on a connection still open.
    @discardableResult
    package func send(_ response: Response) -> Bool {
        channel.send(response)
    }

    /// Begins a response whose body comes in pieces of unknown number.
    ///
    /// HTTP/1.1 clients get it in chunks, HTTP/1.0 clients up to the end of the connection.
    ///
    /// - Precondition: The status is final, 200 or above.
    /// - Returns: Whether this call was the one that answered, on a connection still open.
    @discardableResult
    package func start(_ head: ResponseHead) -> Bool {
        channel.start(head)
    }

    /// Sends a piece of the body.
    ///
    /// Never waits. A piece is taken whole or not at all: at most the high-water mark plus one piece is kept for a
    /// slow client.
    ///
    /// - Precondition: ``start(_:)`` was called before.
    @discardableResult
    package func write(_ bytes: [UInt8]) -> WriteOutcome {
        channel.write(bytes)
    }

    /// Ends a response begun with ``start(_:)``.
    ///
    /// - Returns: Whether this call ended it, on a connection still open.
    /// - Precondition: ``start(_:)`` was called before.
    @discardableResult
    package func finish() -> Bool {
        channel.finish()
    }

    /// Bytes accepted and not yet taken over by the system, coding included.
    package var bufferedByteCount: Int { channel.bufferedByteCount }

    /// Tells how many bytes the caller keeps because they were not accepted: they count as waiting for this client.
    package func backlogChanged(to byteCount: Int) {
        channel.backlogChanged(to: byteCount)
    }

    /// Sets what to do when the client goes away before the answer is complete.
    ///
    /// Called at most once, on the connection's queue, and never after the answer was complete: also for
    /// stalled clients and for connections cut at shutdown. If the client is gone already it is called soon.
    package func onClose(_ action: @escaping @Sendable () -> Void) {
        channel.onClose(action)
    }

    /// Sets what to do when room returns after a write was refused as ``WriteOutcome/full``.
    ///
    /// Called on the connection's queue, once for each time the writer was full.
    package func onDrain(_ action: @escaping @Sendable () -> Void) {
        channel.onDrain(action)
    }
}
