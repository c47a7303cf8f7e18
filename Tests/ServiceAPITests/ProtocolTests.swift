import Engine
import HTTPServer
import TestSupport
import Testing

extension ServiceTests {
    /// What HTTP itself asks of a server, seen from outside.
    @Suite("HTTP at the routes")
    struct ProtocolTests {
        @Test("OPTIONS tells the methods of the server, and those of a path")
        func answersOptions() throws {
            try withService(isReady: false) { service in
                let all = try service.exchange("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n")
                #expect(all.status == 204 && all["allow"] == "GET, HEAD, POST, DELETE, OPTIONS")
                for (path, allow) in [
                    ("/livez", "GET, HEAD, OPTIONS"), ("/v1/score", "POST, OPTIONS"),
                    ("/v1/interleave/a", "GET, HEAD, DELETE, OPTIONS"), ("/%6divez", nil),
                    ("/v1/interleave/a/events", "GET, OPTIONS"),
                    ("/%6Civez", "GET, HEAD, OPTIONS"), ("/nothing", nil),
                ] {
                    let response = try service.exchange(
                        "OPTIONS \(path) HTTP/1.1\r\nHost: h\r\n\r\n"
                    )
                    #expect(response.status == (allow == nil ? 404 : 204), "\(path)")
                    #expect(response["allow"] == allow, "\(path)")
                }
                let get = try service.exchange("GET * HTTP/1.1\r\nHost: h\r\n\r\n")
                #expect(get.status == 400)
            }
        }

        @Test(
            "Escapes of characters that need none lead to the same route; an encoded slash separates nothing",
            arguments: [
                ("/%6civez", 200), ("/%6C%69vez", 200), ("/v1%2fmodels", 404),
                ("/v1/%6dodels", 200), ("/v1/models/%74iny", 200), ("/v1/models%2Ftiny", 404),
                ("/v1/models/tiny%2F", 404), ("/%2Flivez", 404), ("/livez%3Fa", 404),
                ("/%256civez", 404), ("/livez%", 404), ("/%2e/livez", 404),
                ("http://h/%6civez", 200),
            ]
        )
        func findsRoutes(_ path: String, _ status: Int) throws {
            try withService { service in
                let response = try service.get(path)
                #expect(response.status == status)
            }
        }

        @Test("A client that half-closes after its request is answered unless the model computes")
        func halfCloses() throws {
            let score = "{\"input\":[\(InterleaveTests.text)],\"options\":[\"a\",\"red\"]}"
            let requests = [
                ("POST /v1/tokenize", "{\"text\":\"a red circle\"}", 200),
                ("POST /v1/detokenize", "{\"tokens\":[5,6]}", 200),
                ("POST /v1/tokenize", "{\"text\":", 400), ("GET /livez", "", 200),
                ("GET /v1/models", "", 200), ("GET /metrics", "", 200),
                ("POST /v1/interleave", InterleaveTests.body(), nil),
                ("POST /v1/score", score, nil),
            ]
            let engine = try TinyModel.makeEngine()
            try withService(engine: engine) { service in
                for _ in 0..<10 {
                    for (line, body, status) in requests {
                        let client = try HTTPTestClient(port: service.port, timeLimitSeconds: 60)
                        client.send(
                            "\(line) HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
                                + "Content-Length: \(body.utf8.count)\r\n\r\n\(body.dropLast())"
                        )
                        client.sendLast(String(body.suffix(1)))
                        if let status {
                            #expect(try client.receiveResponse().status == status, "\(line)")
                        }
                        #expect(try client.receiveToEnd().isEmpty, "\(line)")
                    }
                }
                let isIdle = eventually {
                    engine.status.runningCount + engine.status.waitingCount == 0
                }
                #expect(isIdle)
            }
        }
    }
}
