package import HTTPWire
package import Sockets

/// Answers requests.
///
/// Threads: `admit` and `handle` are called on an I/O queue that serves many connections. They must not
/// wait for anything; work that takes time goes elsewhere and answers through the writer from there.
package protocol RequestHandler: Sendable {
    /// Decides from the head alone whether a request may send its body.
    ///
    /// Called once per request, before any `100 Continue`.
    ///
    /// - Parameters:
    ///   - head: The request's head.
    ///   - client: For whom it was sent, see ``Request/clientAddress``.
    /// - Returns: Whether it may, or the answer.
    func admit(_ head: RequestHead, from client: SocketAddress?) -> Admission

    /// Begins to answer a request that was admitted and has arrived completely.
    ///
    /// The answer may come later and from any thread. Letting go of the writer without an answer makes it 500.
    func handle(_ request: Request, _ response: ResponseWriter)

    /// The answer to a request that the server itself refuses, such as one it cannot parse.
    ///
    /// One place of the service decides how errors look; this asks it. The server closes the connection afterwards.
    /// `serviceUnavailable` stands for a lack of room: the client may try again soon, and the server logs it itself.
    ///
    /// - Parameters:
    ///   - status: Why the request is refused.
    ///   - message: The same in words.
    ///   - head: The request's head; nil if it never came, or was none.
    ///   - client: For whom it was sent; without a head, who is at the other end.
    /// - Returns: The answer.
    func errorResponse(
        _ status: Status,
        _ message: String,
        to head: RequestHead?,
        from client: SocketAddress?
    ) -> Response
}

/// Whether a request may send its body.
package enum Admission: Sendable {
    /// Yes, up to this many bytes; nil stands for the server's own limit.
    ///
    /// A client that closes its sending side after its whole request still reads, as far as TCP says, and gets its
    /// answer. A connection that is gone looks the same: where answering costs much,
    /// `isAbandonedByHalfClose` takes either for a client that has left.
    /// A probe is served also where a connection is one too many.
    case accept(
        maximumBodyByteCount: Int? = nil,
        isAbandonedByHalfClose: Bool = false,
        isProbe: Bool = false
    )
    /// No; this is the answer. A small body is skipped, a large one is not read and the connection closed.
    case reject(Response)
}
