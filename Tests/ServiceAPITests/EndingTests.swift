import Dispatch
import Engine
import Foundation
import Glibc
import HTTPServer
import ServiceAPI
import Sockets
import TestSupport
import Testing

extension ServiceTests {
    @Suite("The end of serving")
    struct EndingTests {
        private static let long =
            "{\"input\":[\(InterleaveTests.text)],\"mode\":\"image\",\"stream\":true,"
            + "\"image\":{\"steps\":900,\"n\":4}}"

        @Test("Serves for a while, then refuses, and ends with the last answer")
        func endsInOrder() throws {
            let engine = try TinyModel.makeEngine()
            try withService(engine: engine) { service in
                let idle = try HTTPTestClient(port: service.port, timeLimitSeconds: 60)
                #expect(try idle.exchange(Self.liveness).status == 200)
                let busy = try HTTPTestClient(port: service.port, timeLimitSeconds: 60)
                busy.send(TestService.request("/v1/interleave", Self.long))
                let isRunning = eventually { engine.status.runningCount == 1 }
                #expect(isRunning)
                let ended = TestEvents<Void>()
                DispatchQueue.global().async {
                    service.service.end(
                        service.server,
                        delay: .seconds(2),
                        limit: .seconds(60)
                    )
                    ended.send(())
                }
                let isAnnounced = eventually { (try? service.get("/readyz").status) == 503 }
                #expect(isAnnounced)
                let ready = try service.get("/readyz")
                #expect(ready.text == "{\"status\":\"draining\"}" && ready["connection"] == "close")
                // Not a request that comes before balancers have noticed is lost.
                let served = try service.post("/v1/interleave", InterleaveTests.body())
                #expect(served.status == 200 && served["connection"] == "close")
                #expect(try idle.exchange(Self.liveness)["connection"] == "close")
                #expect(ended.count == 0)

                let isRefusing = eventually {
                    (try? service.post("/v1/tokenize", "{\"text\":\"a\"}").status) == 503
                }
                #expect(isRefusing)
                let refused = try service.post("/v1/interleave", InterleaveTests.body())
                #expect(refused.status == 503 && refused["retry-after"] != nil)
                #expect(try refused.error()["code"] as? String == "draining")
                #expect(refused["connection"] == "close")
                #expect(try service.get("/livez").status == 200)
                #expect(ended.count == 0)
                busy.close()
                try ended.next()
                #expect(throws: TestClientError.self) { try HTTPTestClient(port: service.port) }
            }
        }

        @Test("Ends at once when nothing is in progress, whoever is still connected")
        func endsAtOnce() throws {
            try withService(engine: try TinyModel.makeEngine()) { service in
                let half = try HTTPTestClient(port: service.port)
                half.send("POST /v1/interleave HTTP/1.1\r\nHost: h\r\nContent-")
                let start = ContinuousClock.now
                service.service.end(service.server, delay: .zero, limit: .seconds(60))
                // Less than every limit that half a request has.
                #expect(start.duration(to: .now) < .seconds(10))
                #expect(try half.receiveToEnd().isEmpty)
            }
        }

        @Test("A socket that was handed over keeps new connections for the next process")
        func leavesConnections() throws {
            let socket = try ListeningSocket(
                address: SocketAddress(host: "127.0.0.1", port: 0),
                backlog: 8
            )
            let port = socket.address.port
            let number = dup(socket.descriptor.rawValue)
            try withService(
                engine: try TinyModel.makeEngine(),
                configureServer: { $0.inheritedSockets = [number] }
            ) { service in
                #expect(try service.get("/livez").status == 200)
                service.service.end(
                    service.server,
                    delay: .zero,
                    limit: .seconds(60),
                    leavesNewConnections: true
                )
                let late = try HTTPTestClient(port: port)
                let isKept = try socket.accept() != nil
                #expect(isKept)
                late.close()
            }
        }

        @Test("The unit's stop timeout leaves time for the delay, the drain and the last answers")
        func unitLeavesTime() throws {
            let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
                .deletingLastPathComponent().deletingLastPathComponent()
            let unit = try String(
                contentsOf: root.appending(path: "deploy/interleaved.service"),
                encoding: .utf8
            )
            func seconds(_ key: String) throws -> Int {
                let line = try #require(
                    unit.split(separator: "\n").first { $0.hasPrefix(key + "=") }
                )
                return try #require(Int(line.dropFirst(key.count + 1).prefix { $0.isNumber }))
            }
            let delay = try seconds("Environment=INTERLEAVED_DRAIN_DELAY")
            #expect(delay > 0)
            let drain = Int(HTTPServer.Configuration().drainLimit / .seconds(1))
            #expect(try seconds("TimeoutStopSec") > delay + drain + 5)
        }

        private static let liveness = "GET /livez HTTP/1.1\r\nHost: h\r\n\r\n"
    }
}
