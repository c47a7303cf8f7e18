import HTTPWire
import Testing

@testable import ServiceAPI

@Suite("Routes")
struct RouteTests {
    private func access(_ method: Method, _ path: String) throws -> Route.Access {
        try Route(RequestHead(method: method, target: path)).access
    }

    @Test("Supervisors' questions are probes, and nothing else is")
    func namesProbes() throws {
        for path in ["/livez", "/readyz", "/health"] {
            #expect(try access(.get, path) == .probe)
        }
        for path in ["/metrics", "/v1/engine", "/v1/models", "/openapi.yaml"] {
            #expect(try access(.get, path) != .probe)
        }
    }

    @Test("Whatever makes the model compute, or ends that, is generation")
    func namesGeneration() throws {
        #expect(try access(.post, "/v1/interleave") == .generate)
        for path in ["/v1/chat/completions", "/v1/images/generations", "/v1/images/edits"] {
            #expect(try access(.post, path) == .generate)
        }
        #expect(try access(.post, "/v1/score") == .generate)
        #expect(try access(.delete, "/v1/interleave/x") == .generate)
        #expect(try access(.post, "/v1/tokenize") == .read)
    }

    @Test("What is the same for everybody needs no key: a browser sends none by itself")
    func namesOpen() throws {
        for path in ["/", "/engine", "/docs", "/page/base.css", "/openapi.yaml", "/openapi.json"] {
            #expect(try access(.get, path) == .open)
        }
        #expect(try access(.options, "/v1/interleave") == .open)
    }

    @Test("What tells of all clients together is the operator's, one's own requests are not")
    func namesAdministration() throws {
        #expect(try access(.get, "/metrics") == .admin)
        #expect(try access(.get, "/v1/engine") == .read)
    }

    @Test("Every route that needs a key says which rights open it")
    func namesRights() throws {
        for (path, method) in [
            ("/v1/models", Method.get), ("/v1/engine", .get), ("/metrics", .get),
            ("/v1/interleave", .post), ("/v1/score", .post), ("/v1/interleave/x", .delete),
        ] {
            #expect(try !Route(RequestHead(method: method, target: path)).rights.isEmpty)
        }
    }
}
