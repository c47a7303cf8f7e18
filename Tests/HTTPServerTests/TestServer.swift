import Dispatch
import HTTPServer
import HTTPWire
import Logging
import Sockets
import TestSupport
import Testing

/// The outermost suite: its tests use the same two cores and real time limits, so they take turns.
@Suite("HTTP server", .serialized)
struct HTTPServerTests {}

/// A handler made of closures.
struct ClosureHandler: RequestHandler {
    typealias Handle = @Sendable (Request, ResponseWriter) -> Void

    var admission: @Sendable (RequestHead) -> Admission = { _ in
        .accept(isAbandonedByHalfClose: true)
    }
    var handleRequest: Handle = echo

    func admit(_ head: RequestHead, from client: SocketAddress?) -> Admission { admission(head) }

    func handle(_ request: Request, _ response: ResponseWriter) {
        handleRequest(request, response)
    }

    func errorResponse(
        _ status: Status,
        _ message: String,
        to head: RequestHead?,
        from client: SocketAddress?
    ) -> Response {
        Response(
            status: status,
            fields: ["content-type": "application/json"],
            body: Array("{\"error\":{\"message\":\"\(message)\"}}".utf8)
        )
    }
}

/// Answers with method, path and body.
@Sendable
func echo(_ request: Request, _ response: ResponseWriter) {
    let text = "\(request.head.method) \(request.head.path) "
    response.send(Response(status: .ok, body: Array(text.utf8) + request.body))
}

/// Runs a server on a free port for as long as the body runs.
func withServer(
    _ handler: ClosureHandler = ClosureHandler(),
    tls: @autoclosure () throws -> TLSContext? = nil,
    configure: (inout HTTPServer.Configuration) -> Void = { _ in },
    _ body: (_ server: HTTPServer, _ port: UInt16) throws -> Void
) throws {
    var configuration = HTTPServer.Configuration()
    configuration.port = 0
    configuration.deadlineResolution = .milliseconds(25)
    configure(&configuration)
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let server = try HTTPServer(
        configuration: configuration,
        tls: tls(),
        handler: handler,
        logger: logger
    )
    try server.start()
    let port = try #require(server.port)
    defer { server.drain(limit: .milliseconds(50)) }
    try body(server, port)
}

/// Runs a server that answers every request with one closure.
func withServer(
    handle: @escaping ClosureHandler.Handle,
    configure: (inout HTTPServer.Configuration) -> Void = { _ in },
    _ body: (_ server: HTTPServer, _ port: UInt16) throws -> Void
) throws {
    try withServer(ClosureHandler(handleRequest: handle), configure: configure, body)
}

/// Sends text over a connection of its own and reads one response.
func exchangeOnce(_ port: UInt16, _ text: String) throws -> ReceivedResponse {
    try HTTPTestClient(port: port).exchange(text)
}

func get(_ path: String, _ fields: String = "") -> String {
    "GET \(path) HTTP/1.1\r\nHost: h\r\n\(fields)\r\n"
}

func post(_ body: String, _ fields: String = "") -> String {
    "POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: \(body.utf8.count)\r\n\(fields)\r\n\(body)"
}

/// Waits until a condition that no event announces holds.
///
/// - Returns: Whether it came to hold in time.
func eventually(seconds: Double = 10, _ condition: () -> Bool) -> Bool {
    let deadline = ContinuousClock.now + .seconds(seconds)
    let never = DispatchSemaphore(value: 0)
    while !condition() {
        guard ContinuousClock.now < deadline else { return false }
        _ = never.wait(timeout: .now() + .milliseconds(1))
    }
    return true
}
