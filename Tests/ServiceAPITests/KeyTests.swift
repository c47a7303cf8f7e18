import Engine
import Foundation
import Keys
import TestSupport
import Testing

@testable import ServiceAPI

/// A key and its entry.
struct TestKey {
    let secret = KeySecret.random()
    let entry: APIKey

    init(
        _ name: String,
        tenant: String? = nil,
        _ rights: Set<KeyRight> = [.read, .generate],
        expires: Date? = nil,
        _ limit: (inout KeyLimits) -> Void = { _ in }
    ) {
        var limits = KeyLimits()
        limit(&limits)
        entry = APIKey(
            name: name,
            tenant: tenant,
            digest: secret.digest,
            rights: rights,
            limits: limits,
            expires: expires
        )
    }

    /// The field that brings it.
    var field: String { "Authorization: Bearer \(secret.text)\r\n" }
}

extension KeyRing {
    /// The keys of a test.
    convenience init(_ keys: TestKey...) { self.init(keys.map(\.entry)) }
}

extension ServiceTests {
    @Suite("Keys")
    struct KeyTests {
        private let reader = TestKey("reader", [.read])
        private let writer = TestKey("writer", [.generate])
        private let admin = TestKey("operator", [.admin])
        private let text = "{\"text\":\"a\"}"

        @Test("Without a key only what is the same for everybody is answered")
        func stranger() throws {
            try withService(keys: KeyRing(reader)) { service in
                for path in ["/livez", "/readyz", "/health", "/", "/page/app.js", "/openapi.yaml"] {
                    #expect(try service.get(path).status == 200, "\(path)")
                }
                #expect(try service.exchange(Self.options).status == 204)
                for path in ["/v1/models", "/v1/engine", "/metrics"] {
                    let response = try service.get(path)
                    #expect(response.status == 401, "\(path)")
                    #expect(response["www-authenticate"] == "Bearer realm=\"interleaved\"")
                    #expect(try response.error()["code"] as? String == "invalid_api_key")
                }
                #expect(try service.post("/v1/tokenize", text).status == 401)
            }
        }

        private static let options = "OPTIONS /v1/interleave HTTP/1.1\r\nHost: h\r\n\r\n"

        @Test("A right opens its own routes and no other")
        func rights() throws {
            try withService(keys: KeyRing(reader, writer, admin)) { service in
                func statuses(_ key: TestKey) throws -> [Int] {
                    [
                        try service.get("/v1/models", key.field).status,
                        try service.post("/v1/tokenize", text, key.field).status,
                        try service.get("/v1/engine", key.field).status,
                        try service.post("/v1/interleave", Self.words, key.field)
                            .status,
                        try service.get("/metrics", key.field).status,
                    ]
                }
                #expect(try statuses(reader) == [200, 200, 200, 403, 403])
                #expect(try statuses(writer) == [403, 403, 403, 200, 403])
                #expect(try statuses(admin) == [403, 403, 200, 403, 200])
                let refused = try service.get("/metrics", reader.field)
                #expect(try refused.error()["code"] as? String == "insufficient_rights")
            }
        }

        @Test("A key that is wrong, expired, taken back or sent otherwise opens nothing")
        func wrong() throws {
            let expired = TestKey("expired", expires: .now - 1)
            let ring = KeyRing(reader, expired)
            try withService(keys: ring) { (service) throws in
                func message(_ field: String) throws -> String? {
                    let response = try service.get("/v1/models", field)
                    #expect(response.status == 401)
                    return try response.error()["message"] as? String
                }
                let token = reader.secret.text
                #expect(
                    try message("Authorization: Bearer \(KeySecret.random().text)\r\n")
                        == "the key is not known here"
                )
                #expect(try message(expired.field) == "the key \"expired\" has expired")
                for field in [
                    "Authorization: \(token)\r\n", "Authorization: Basic \(token)\r\n",
                    "Authorization: Bearer\r\n", reader.field + reader.field,
                    "X-Api-Key: \(token)\r\n",
                ] {
                    #expect(try message(field)?.hasPrefix("no key was sent") == true, "\(field)")
                }
                #expect(
                    try service.get("/v1/models", "authorization: bearer  \(token)\r\n").status
                        == 200
                )
                ring.replace(with: [])
                #expect(try message(reader.field) == "the key is not known here")
            }
        }

        @Test("A request without a right is refused before its body is sent")
        func beforeBody() throws {
            try withService(keys: KeyRing(reader)) { service in
                let client = try HTTPTestClient(port: service.port, timeLimitSeconds: 20)
                let head = "POST /v1/interleave HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n"
                let response = try client.exchange(
                    head + "Content-Type: application/json\r\nContent-Length: 1000000\r\n\r\n"
                )
                #expect(response.status == 401)
            }
        }

        @Test(
            "Metrics and the engine need no key where the operator says so; no requests are told then"
        )
        func openMetrics() throws {
            try withService(keys: KeyRing(writer), configure: { $0.opensMetrics = true }) {
                service in
                #expect(try service.get("/metrics").status == 200)
                let client = try HTTPTestClient(port: service.port, timeLimitSeconds: 60)
                client.send(TestService.request("/v1/interleave", Self.endless, writer.field))
                #expect(
                    eventually { service.service.metrics.liveRequests.first?.place == .denoise }
                )
                let engine = try service.get("/v1/engine").document()
                #expect(engine["running_count"] as? Int == 1)
                #expect((engine["running"] as? [Any])?.isEmpty == true)
                #expect((engine["pools"] as? [Any])?.isEmpty == true)
                #expect(try service.get("/v1/models").status == 401)
            }
        }

        private static let endless = drawing(steps: 900)

        private static func drawing(steps: Int) -> String {
            """
            {"input":[{"type":"text","text":"a"}],"mode":"image","seed":7,"image":{"steps":\(steps)}}
            """
        }

        private static let words = """
            {"input":[{"type":"text","text":"a"}],"mode":"text","seed":7,"text":{"max_tokens":2}}
            """

        @Test("A client sees and ends requests of its own tenant, the operator everybody's")
        func ownRequests() throws {
            let first = TestKey("first", tenant: "one")
            let colleague = TestKey("colleague", tenant: "one")
            let second = TestKey("second", tenant: "two")
            let ring = KeyRing(first, colleague, second, TestKey("unused"), admin)
            try withService(keys: ring) { service in
                let fields = first.field + "X-Request-Id: mine\r\n"
                let client = try HTTPTestClient(port: service.port, timeLimitSeconds: 60)
                client.send(TestService.request("/v1/interleave", Self.endless, fields))
                func running(_ key: TestKey) throws -> [String?] {
                    let requests = try service.get("/v1/engine", key.field).document()["running"]
                    return (requests as? [Document] ?? []).map { $0["tenant"] as? String }
                }
                #expect(eventually { (try? running(colleague)) == ["one"] })
                #expect(try running(second) == [])
                #expect(try running(admin) == ["one"])
                func end(_ key: TestKey) throws -> Int {
                    try service.exchange(
                        "DELETE /v1/interleave/mine HTTP/1.1\r\nHost: h\r\n\(key.field)\r\n"
                    ).status
                }
                #expect(try end(second) == 404)
                #expect(try running(colleague) == ["one"])
                #expect(try end(admin) == 200)
                #expect(try client.receiveResponse().status == 499)
            }
        }

        @Test("More requests than a minute's are refused, with the time to wait and what is left")
        func requestLimit() throws {
            let key = TestKey("a") { $0.requestsPerMinute = 2 }
            try withService(keys: KeyRing(key)) { service in
                let first = try service.post("/v1/tokenize", text, key.field)
                #expect(first["x-ratelimit-limit-requests"] == "2")
                #expect(first["x-ratelimit-remaining-requests"] == "1")
                #expect(try service.get("/v1/models", key.field).status == 200)
                let refused = try service.post("/v1/tokenize", text, key.field)
                #expect(refused.status == 429)
                #expect(try refused.error()["code"] as? String == "rate_limit_exceeded")
                #expect(refused["x-ratelimit-remaining-requests"] == "0")
                let wait = try #require(refused["retry-after"].flatMap { Int($0) })
                #expect((20...30).contains(wait))
                // Ending a request is always possible.
                let end = "DELETE /v1/interleave/x HTTP/1.1\r\nHost: h\r\n\(key.field)\r\n"
                #expect(try service.exchange(end).status == 404)
            }
        }

        @Test("A key with all its places taken is refused, until one of its requests ends")
        func runningLimit() throws {
            let key = TestKey("a") { $0.running = 1 }
            try withService(keys: KeyRing(key)) { service in
                let client = try HTTPTestClient(port: service.port, timeLimitSeconds: 60)
                let fields = key.field + "X-Request-Id: mine\r\n"
                client.send(TestService.request("/v1/interleave", Self.endless, fields))
                #expect(eventually { service.service.metrics.liveRequests.count == 1 })
                let body = Self.words
                let refused = try service.post("/v1/interleave", body, key.field)
                #expect(refused.status == 429)
                let end = "DELETE /v1/interleave/mine HTTP/1.1\r\nHost: h\r\n\(key.field)\r\n"
                #expect(try service.exchange(end).status == 200)
                #expect(try client.receiveResponse().status == 499)
                #expect(try service.post("/v1/interleave", body, key.field).status == 200)
                // Whoever has the answer may ask again at once.
                #expect(try service.post("/v1/interleave", body, key.field).status == 200)
            }
        }

        @Test(
            "Tokens, pictures and machine time are charged at the end, those of a cancelled request too"
        )
        func charges() throws {
            let key = TestKey("a") { $0.tokensPerMinute = 1_000_000 }
            let ring = KeyRing(key)
            let account = try #require(ring.accounts.first)
            try withService(keys: ring) { service in
                let body = Self.drawing(steps: 2)
                let response = try service.post("/v1/interleave", body, key.field)
                let usage = try #require(try response.document()["usage"] as? Document)
                #expect(account.usage.tokenCount == usage["total_tokens"] as? Int)
                #expect(account.usage.pictureCount == 1)
                #expect(account.usage.machineTime > .zero)
                let before = account.usage
                let client = try HTTPTestClient(port: service.port, timeLimitSeconds: 60)
                client.send(TestService.request("/v1/interleave", Self.endless, key.field))
                #expect(
                    eventually { service.service.metrics.liveRequests.first?.place == .denoise }
                )
                client.close()
                #expect(eventually { account.runningCount == 0 })
                #expect(account.usage.machineTime > before.machineTime)
                #expect(account.usage.tokenCount > before.tokenCount)
            }
        }

        @Test("A limit on pictures refuses those that may draw and no others")
        func pictureLimit() throws {
            let key = TestKey("a") { $0.picturesPerMinute = 1 }
            try withService(keys: KeyRing(key)) { service in
                let drawing = Self.drawing(steps: 1)
                #expect(try service.post("/v1/interleave", drawing, key.field).status == 200)
                let refused = try service.post("/v1/interleave", drawing, key.field)
                #expect(refused.status == 429)
                let message = try refused.error()["message"] as? String
                #expect(message == "the key may have 1 pictures per minute")
                #expect(try service.post("/v1/interleave", Self.words, key.field).status == 200)
            }
        }

        @Test("Metrics tell what was done for each key")
        func metrics() throws {
            try withService(keys: KeyRing(writer, admin)) { service in
                _ = try service.post("/v1/interleave", Self.drawing(steps: 1), writer.field)
                let text = try service.get("/metrics", admin.field).text
                #expect(text.contains("interleaved_key_requests_total{key=\"writer\"} 1\n"))
                #expect(text.contains("interleaved_key_pictures_total{key=\"writer\"} 1\n"))
                #expect(text.contains("interleaved_key_requests_running{key=\"writer\"} 0\n"))
                #expect(text.contains("interleaved_key_requests_total{key=\"operator\"} 1\n"))
            }
        }
    }
}
