import Engine
import Foundation
import HTTPServer
import Jobs
import Keys
import Logging
import TestSupport
import Testing

@testable import ServiceAPI

extension ServiceTests {
    @Suite("Requests that outlive their connections, and the keys that sent them")
    struct JobOwnerTests {
        private static let words = ",\"mode\":\"text\",\"text\":{\"max_tokens\":2}"

        /// A request that another process has left, sent with a key.
        private func left(_ key: TestKey?) -> StoredJob {
            StoredJob(
                request: JobRequest(
                    id: "interleave-1",
                    requestName: "r",
                    owner: .init(tenant: key?.entry.tenant, key: key?.entry.name),
                    created: 1,
                    model: "m",
                    body: Array(JobTests.body(",\"background\":true" + Self.words).utf8),
                    seed: 1,
                    isBackground: true
                ),
                start: JobStart(),
                ending: nil
            )
        }

        @Test("End with a code of their own where the key is revoked, has expired or is gone")
        func endsWithKey() throws {
            let gone = TestKey("a", tenant: "t")
            let old = TestKey("a", tenant: "t", expires: .distantPast)
            let reader = TestKey("reader", tenant: "t", [.read])
            for keys in [KeyRing(reader), KeyRing(old, reader)] {
                try withService(keys: keys, stored: [left(gone)]) { service in
                    let hasFailed = service.waits(for: "interleave-1", toBe: "failed", reader.field)
                    #expect(hasFailed)
                    let job = try service.job("interleave-1", reader.field)
                    let error = try #require(job["error"] as? Document)
                    #expect(error["code"] as? String == "key_revoked")
                    #expect(job["attempts"] as? Int == 0)
                }
            }
        }

        @Test("Wait where no keys are asked for: there is nobody who could have the answer")
        func waitsForKeys() throws {
            try withService(stored: [left(TestKey("a"))]) { service in
                let id = try service.postBackground(Self.words)
                let isComplete = service.waits(for: id, toBe: "completed")
                #expect(isComplete)
                let jobs = try service.get("/v1/engine").document()["jobs"] as? Document
                #expect(jobs?["queued"] as? Int == 1)
            }
        }

        @Test("Are taken while the key has all its places taken, and computed one after the other")
        func waitsForPlace() throws {
            let key = TestKey("a") { $0.running = 1 }
            let ring = KeyRing(key)
            try withService(keys: ring) { service in
                let running = try service.postBackground(JobTests.long, key.field)
                let isRunning = service.waits(for: running, toBe: "in_progress", key.field)
                #expect(isRunning)
                let name = key.field + "Idempotency-Key: one\r\n"
                let id = try service.postBackground(Self.words, name)
                #expect(try service.postBackground(Self.words, name) == id, "it joins the first")
                let direct = try service.post(
                    "/v1/interleave",
                    JobTests.body(Self.words),
                    key.field
                )
                #expect(direct.status == 429, "who wants it now has to wait")
                #expect(try service.job(id, key.field)["status"] as? String == "queued")
                #expect(try service.delete(running, key.field).status == 200)
                let isComplete = service.waits(for: id, toBe: "completed", key.field)
                #expect(isComplete)
                let refused = try #require(ring.accounts.first).usage.refusedCount
                #expect(refused == 1, "what waits is not refused each time it is looked at")
            }
        }

        @Test("Wait for a limit of their key without being begun")
        func waitsForLimit() throws {
            let key = TestKey("a") { $0.picturesPerMinute = 1 }
            try withService(keys: KeyRing(key)) { service in
                let drawing = ",\"mode\":\"image\",\"image\":{\"steps\":1}"
                let first = try service.postBackground(drawing, key.field)
                let isComplete = service.waits(for: first, toBe: "completed", key.field)
                #expect(isComplete)
                let second = try service.postBackground(drawing, key.field)
                let third = try service.postBackground(drawing, key.field)
                service.service.jobs.flush(limit: .seconds(10))
                for id in [second, third] {
                    let job = try service.job(id, key.field)
                    #expect(job["status"] as? String == "queued")
                    #expect(job["attempts"] as? Int == 0)
                }
            }
        }

        @Test("Are not said to be gone before what was written down is read")
        func tellsReading() throws {
            let stored = [left(nil)]
            try withService(isReady: false, stored: nil) { service in
                for response in [
                    try service.get("/v1/interleave/interleave-1"),
                    try service.get("/v1/interleave/interleave-1/events"),
                    try service.delete("interleave-1"),
                ] {
                    #expect(response.status == 503 && response["retry-after"] != nil)
                    #expect(try response.error()["code"] as? String == "loading")
                }
                try service.service.restore { take throws(JobStorageError) in take(stored) }
                #expect(try service.job("interleave-1")["status"] as? String == "queued")
            }
        }
    }
}
