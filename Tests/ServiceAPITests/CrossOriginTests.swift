import HTTPServer
import ServiceAPI
import TestSupport
import Testing

extension ServiceTests {
    @Suite("Pages of other origins")
    struct CrossOriginTests {
        private let own = "https://page.example"

        private func preflight(
            _ service: TestService,
            _ path: String,
            _ origin: String,
            _ fields: String = ""
        ) throws -> ReceivedResponse {
            try service.exchange(
                "OPTIONS \(path) HTTP/1.1\r\nHost: h\r\nOrigin: \(origin)\r\n"
                    + "Access-Control-Request-Method: POST\r\n\(fields)\r\n"
            )
        }

        @Test("Nothing is told to browsers unless an origin is allowed")
        func closed() throws {
            try withService { service in
                let response = try preflight(service, "/v1/interleave", own)
                #expect(response.status == 403)
                #expect(response["access-control-allow-origin"] == nil)
                #expect(response["access-control-allow-methods"] == nil)
                #expect(response["vary"] == nil)
            }
        }

        @Test("A browser that asks first hears which methods and fields it may send")
        func preflights() throws {
            try withService(configure: { $0.allowedOrigins = [own] }) { service in
                let response = try preflight(
                    service,
                    "/v1/chat/completions",
                    own,
                    "Access-Control-Request-Headers: content-type,authorization\r\n"
                )
                #expect(response.status == 204)
                #expect(response["access-control-allow-origin"] == own)
                #expect(response["access-control-allow-methods"] == "POST")
                #expect(response["access-control-allow-headers"] == "content-type, authorization")
                #expect(response["vary"] == "origin")
                #expect(response["allow"] == "POST, OPTIONS")
                let other = try preflight(service, "/v1/interleave", "https://other.example")
                #expect(other["access-control-allow-origin"] == nil)
                #expect(other["access-control-allow-methods"] == nil)
            }
        }

        @Test("Every answer names the origin: documents, streams and errors of each kind")
        func answers() throws {
            try withService(configure: { $0.allowedOrigins = [own] }) { service in
                let field = "Origin: \(own)\r\n"
                for (path, body) in [
                    ("/v1/tokenize", "{\"text\":\"a\"}"), ("/v1/tokenize", "{"), ("/nothing", "{}"),
                    ("/v1/interleave", InterleaveTests.body(",\"stream\":true")),
                ] {
                    let response = try service.post(path, body, field)
                    #expect(response["access-control-allow-origin"] == own, "\(path)")
                    let exposed = response["access-control-expose-headers"]
                    #expect(exposed?.contains("x-request-id") == true)
                }
            }
        }

        @Test(
            "What the server itself refuses names the origin, too: a page would see no error else"
        )
        func refusals() throws {
            let field = "Origin: \(own)\r\n"
            try withService(
                configure: {
                    $0.allowedOrigins = [own]
                    $0.limits.maximumBodyByteCount = 100
                },
                configureServer: { $0.bodyTimeout = .milliseconds(300) }
            ) { service in
                let large = try service.post(
                    "/v1/tokenize",
                    String(repeating: " ", count: 101),
                    field
                )
                #expect(large.status == 413)
                #expect(large["access-control-allow-origin"] == own)
                let late = try service.exchange(
                    "POST /v1/tokenize HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
                        + "Content-Length: 10\r\n\(field)\r\n{"
                )
                #expect(late.status == 408)
                #expect(late["access-control-allow-origin"] == own)
            }
            // Of a request that was never understood nobody knows the origin.
            try withService(configure: { $0.allowedOrigins = ["*"] }) { service in
                let malformed = try service.exchange("no request\r\n\r\n")
                #expect(malformed.status == 400)
                #expect(malformed["access-control-allow-origin"] == "*")
            }
        }

        @Test("Two origins are none, and names of fields that are no tokens are not said again")
        func distrusts() throws {
            try withService(configure: { $0.allowedOrigins = [own] }) { service in
                let twice = try service.get("/v1/models", "Origin: \(own)\r\nOrigin: \(own)\r\n")
                #expect(twice["access-control-allow-origin"] == nil)
                let response = try preflight(
                    service,
                    "/v1/interleave",
                    own,
                    "Access-Control-Request-Headers: x-a, <b>, c d, \"e\", x-f\r\n"
                )
                #expect(response["access-control-allow-headers"] == "x-a, x-f")
            }
        }

        @Test("An asterisk allows all")
        func all() throws {
            try withService(configure: { $0.allowedOrigins = ["*"] }) { service in
                let response = try service.get("/v1/models", "Origin: null\r\n")
                #expect(response["access-control-allow-origin"] == "*")
                #expect(response["vary"]?.contains("origin") != true)
                #expect(
                    try preflight(service, "/v1/models", own)["access-control-allow-methods"] != nil
                )
            }
        }
    }
}
