import Engine
import Foundation
import HTTPServer
import Jobs
import Keys
import Logging
import ServiceAPI
import TestSupport
import Testing

/// The outermost suite: its tests share two cores and one engine, so they take turns.
@Suite("Service", .serialized)
struct ServiceTests {}

/// A service behind a real socket.
struct TestService {
    let service: Service
    let server: HTTPServer
    let port: UInt16

    /// Sends a request over a connection of its own.
    func exchange(_ text: String) throws -> ReceivedResponse {
        // Against hanging alone: under a sanitizer, beside other tests, a large photograph takes more than a minute.
        try HTTPTestClient(port: port, timeLimitSeconds: 600).exchange(text)
    }

    func get(_ path: String, _ fields: String = "") throws -> ReceivedResponse {
        try exchange("GET \(path) HTTP/1.1\r\nHost: h\r\n\(fields)\r\n")
    }

    /// Posts a document.
    func post(_ path: String, _ body: String, _ fields: String = "") throws -> ReceivedResponse {
        try exchange(Self.request(path, body, fields))
    }

    /// Waits until the first running request is in a stage.
    func runs(stage: String) -> Bool {
        eventually {
            let running = (try? get("/v1/engine").document())?["running"] as? [Document]
            return running?.first?["stage"] as? String == stage
        }
    }

    static func request(_ path: String, _ body: String, _ fields: String = "") -> String {
        let type = fields.lowercased().contains("content-type") ? "" : json
        return "POST \(path) HTTP/1.1\r\nHost: h\r\nContent-Length: \(body.utf8.count)\r\n"
            + type + fields + "\r\n" + body
    }

    private static let json = "Content-Type: application/json\r\n"
}

/// Runs a service with the tiny model for as long as the body runs.
func withService(
    engine: Engine? = nil,
    isReady: Bool = true,
    metrics: EngineMetrics = EngineMetrics(),
    keys: KeyRing? = nil,
    logger: Logger? = nil,
    storage: (any JobStorage)? = nil,
    stored: [StoredJob]? = [],
    maker: String = "",
    configure: (inout Service.Configuration) -> Void = { _ in },
    configureServer: (inout HTTPServer.Configuration) -> Void = { _ in },
    _ body: (TestService) throws -> Void
) throws {
    var configuration = Service.Configuration()
    configure(&configuration)
    var silence = Logger(label: "test")
    silence.logLevel = .critical
    let logger = logger ?? silence
    let service = Service(
        configuration: configuration,
        keys: keys,
        metrics: metrics,
        logger: logger,
        storage: storage,
        stored: stored
    )
    if isReady { service.begin(try engine ?? TinyModel.shared.get(), maker: maker) }
    var serverConfiguration = HTTPServer.Configuration()
    serverConfiguration.port = 0
    serverConfiguration.deadlineResolution = .milliseconds(25)
    configureServer(&serverConfiguration)
    let server = try HTTPServer(
        configuration: serverConfiguration,
        handler: service,
        logger: logger
    )
    service.observe(server)
    try server.start()
    defer { server.drain(limit: .milliseconds(50)) }
    try body(TestService(service: service, server: server, port: try #require(server.port)))
}

/// A JSON object of a test's response.
typealias Document = [String: Any]

extension ReceivedResponse {
    /// The body as an object.
    func document() throws -> Document {
        try #require(try JSONSerialization.jsonObject(with: Data(body)) as? Document, "\(text)")
    }

    /// The `error` object.
    func error() throws -> Document {
        try #require(try document()["error"] as? Document, "\(text)")
    }

    /// The events of a stream; the last has the name `[DONE]`.
    func events() throws -> [StreamedEvent] {
        try text.components(separatedBy: "\n\n").filter { !$0.isEmpty && !$0.hasPrefix(":") }
            .map(StreamedEvent.init)
    }
}

/// An event of a stream.
struct StreamedEvent {
    let name: String
    /// The id that a client reports when it comes again; nil for none.
    let id: String?
    let data: Document

    init(_ block: String) throws {
        var lines = block.split(separator: "\n")
        if block == "data: [DONE]" {
            (name, id, data) = ("[DONE]", nil, [:])
            return
        }
        let place = lines.firstIndex { $0.hasPrefix("id: ") }
        id = place.map { String(lines.remove(at: $0).dropFirst(4)) }
        try #require(lines.count == 2 && lines[0].hasPrefix("event: "), "\(block)")
        name = String(lines[0].dropFirst(7))
        let json = try #require(lines[1].hasPrefix("data: ") ? lines[1].dropFirst(6) : nil)
        data = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? Document)
    }
}

/// Waits until a condition that no event announces holds.
func eventually(seconds: Double = 20, _ condition: () -> Bool) -> Bool {
    let deadline = ContinuousClock.now + .seconds(seconds)
    let never = DispatchSemaphore(value: 0)
    while !condition() {
        guard ContinuousClock.now < deadline else { return false }
        _ = never.wait(timeout: .now() + .milliseconds(1))
    }
    return true
}
