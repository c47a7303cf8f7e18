import ArgumentParser
import HTTPServer
import HTTPWire
import LoadGenerator
import Locking
import Logging
import Sockets
import TestSupport
import Testing

@testable import CommandLine

/// Answers everything, and keeps the keys that it was sent.
private final class KeyListener: RequestHandler {
    private let sent = Mutex<[String?]>([])

    var keys: [String?] { sent.withLock { $0 } }

    func admit(_ head: RequestHead, from client: SocketAddress?) -> Admission { .accept() }

    func handle(_ request: Request, _ response: ResponseWriter) {
        sent.withLock { $0.append(request.head.fields["authorization"]) }
        response.send(Response(status: .ok))
    }

    func errorResponse(
        _ status: Status,
        _ message: String,
        to head: RequestHead?,
        from client: SocketAddress?
    ) -> Response {
        Response(status: status)
    }
}

@Suite("How a daemon is asked")
struct ClientOptionsTests {
    private static let url = "http://127.0.0.1:8080"

    @Test("The key of a file goes along with every request, and none without it")
    func sendsKey() throws {
        let listener = KeyListener()
        var configuration = HTTPServer.Configuration()
        configuration.port = 0
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let server = try HTTPServer(configuration: configuration, handler: listener, logger: logger)
        try server.start()
        defer { server.drain(limit: .milliseconds(50)) }
        let directory = try TemporaryDirectory()
        let file = try directory.write(Array("ilv_abc\n".utf8), to: "key")
        let url = "http://127.0.0.1:\(try #require(server.port))"
        let keyed = try ClientOptions.parse(["--key-file", file]).client(of: url)
        _ = try keyed.get("/livez")
        _ = try keyed.get("/v1/models")
        _ = try ClientOptions.parse([]).client(of: url).get("/livez")
        #expect(listener.keys == ["Bearer ilv_abc", "Bearer ilv_abc", nil])
    }

    @Test(
        "A file that holds no key is named, and not repeated",
        arguments: ["", " \n", "a b", "a\nb", "ä"]
    )
    func refusesKeys(_ text: String) throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write(Array(text.utf8), to: "key")
        let options = try ClientOptions.parse(["--key-file", file])
        let error = #expect(throws: CommandError.self) { try options.client(of: Self.url) }
        #expect(
            error?.description == "\(file) has no key: a single word of visible ASCII characters"
        )
    }

    @Test(
        "Flags that have no say are refused",
        arguments: [
            (["--key-file", "k"], nil), (["--insecure"], nil), (["--ca-certificate", "c"], nil),
            (["--insecure"], url), (["--ca-certificate", "c"], url),
        ] as [([String], String?)]
    )
    func refusesFlags(_ flags: [String], _ url: String?) throws {
        let options = try ClientOptions.parse(flags)
        let error = #expect(throws: ValidationError.self) { try options.check(url) }
        #expect(error?.message.contains(flags[0]) == true)
    }

    @Test("Whoever takes any certificate sends no key")
    func keepsKey() {
        #expect(throws: (any Error).self) {
            try ClientOptions.parse(["--insecure", "--key-file", "k"])
        }
    }

    @Test("A file of authorities without any is named")
    func refusesAuthorities() throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write(Array("nothing".utf8), to: "ca.pem")
        let options = try ClientOptions.parse(["--ca-certificate", file])
        let error = #expect(throws: CommandError.self) {
            try options.client(of: "https://127.0.0.1:8443")
        }
        #expect(error?.description.hasPrefix(file) == true)
    }

    @Test("The variable with a key is no setting of the daemon, and no fault either")
    func passesVariable() {
        #expect(SettingEnvironment([ClientOptions.keyVariable: "ilv_abc"]).faults.isEmpty)
    }
}
