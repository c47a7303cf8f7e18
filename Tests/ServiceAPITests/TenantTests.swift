import Keys
import TestSupport
import Testing

@testable import ServiceAPI

extension ServiceTests {
    @Suite("What tenants learn of each other")
    struct TenantTests {
        private let first = TestKey("first")
        private let second = TestKey("second")
        private let colleague = TestKey("colleague", tenant: "first")

        /// Sends a prompt that fills blocks, with a picture, both of which no other test has.
        ///
        /// - Returns: `cached_tokens` and `encoded_images` of the answer.
        private func ask(
            _ service: TestService,
            _ key: TestKey,
            _ fields: String = "",
            seed: Int
        ) throws -> (cached: Int, encoded: Int) {
            let image = TestPictures.part(try TestPictures.png(width: seed, height: 50))
            let words = "\(seed) a b c d e f g h i j k l m n o p q r s t u v w x"
            let body = """
                {"input":[\(image),{"type":"text","text":"\(words)"}],
                "mode":"text","text":{"max_tokens":1},"seed":1\(fields)}
                """
            let response = try service.post("/v1/interleave", body, key.field)
            let usage = try #require(
                try response.document()["usage"] as? Document,
                "\(response.text)"
            )
            return (
                try #require(usage["cached_tokens"] as? Int),
                try #require(usage["encoded_images"] as? Int)
            )
        }

        @Test("A prompt and a picture that somebody else sent are computed as if nobody had")
        func tenants() throws {
            try withService(keys: KeyRing(first, second, colleague)) { service in
                let cold = try ask(service, first, seed: 71)
                #expect(cold.cached == 0 && cold.encoded == 1)
                let warm = try ask(service, first, seed: 71)
                #expect(warm.cached > 0 && warm.encoded == 0)
                let other = try ask(service, second, seed: 71)
                #expect(other.cached == 0 && other.encoded == 1)
                let shared = try ask(service, colleague, seed: 71)
                #expect(shared.cached == warm.cached && shared.encoded == 0)
            }
        }

        @Test("A salt separates requests of one tenant, too")
        func salts() throws {
            try withService(keys: KeyRing(first)) { service in
                _ = try ask(service, first, seed: 72)
                let salt = ",\"cache_salt\":\"user-7\""
                let cold = try ask(service, first, salt, seed: 72)
                #expect(cold.cached == 0 && cold.encoded == 1)
                let warm = try ask(service, first, salt, seed: 72)
                #expect(warm.cached > 0 && warm.encoded == 0)
                let other = try ask(service, first, ",\"cache_salt\":\"user-8\"", seed: 72)
                #expect(other.cached == 0 && other.encoded == 1)
            }
        }

        @Test("A salt that is too long is refused")
        func longSalt() throws {
            try withService { service in
                let salt = String(repeating: "a", count: 257)
                let body = InterleaveTests.body(",\"cache_salt\":\"\(salt)\"")
                let response = try service.post("/v1/interleave", body)
                #expect(response.status == 400)
                #expect(try response.error()["param"] as? String == "cache_salt")
            }
        }
    }
}
