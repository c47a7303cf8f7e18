import Dispatch
import HTTPServer
import HTTPWire
import TestSupport
import Testing

extension HTTPServerTests {
    @Suite("Deadlines")
    struct DeadlineTests {
        /// How long a client waits for what must come, generous for a busy machine.
        private let patience = 10

        @Test("A client that never says anything is closed without an answer")
        func closesSilent() throws {
            try withServer(configure: { $0.headTimeout = .milliseconds(100) }) { _, port throws in
                let client = try HTTPTestClient(port: port, timeLimitSeconds: patience)
                #expect(try client.receiveToEnd().isEmpty)
            }
        }

        @Test("A head that trickles in gets 408 however lively the trickle is")
        func refusesSlowHead() throws {
            try withServer(configure: { $0.headTimeout = .milliseconds(200) }) { _, port throws in
                let client = try HTTPTestClient(port: port, timeLimitSeconds: patience)
                let start = ContinuousClock.now
                client.send("GET / HTTP/1.1\r\nHost: h\r\n")
                // A lively trickle must not extend the deadline: keep sending past it.
                var isOpen = true
                while isOpen, ContinuousClock.now - start < .milliseconds(400) {
                    isOpen = client.send("A: b\r\n")
                    _ = eventually(seconds: 0.01) { false }
                }
                #expect(try client.receiveResponse().status == 408)
                #expect(try client.receiveToEnd().isEmpty)
                #expect(ContinuousClock.now - start < .seconds(5))
            }
        }

        @Test("A silent body gets 408")
        func refusesSilentBody() throws {
            try withServer(configure: { $0.bodyTimeout = .milliseconds(100) }) { _, port throws in
                let client = try HTTPTestClient(port: port, timeLimitSeconds: patience)
                let text = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\na"
                #expect(try client.exchange(text).status == 408)
            }
        }

        @Test("The body of a refused request has as much time as any other")
        func awaitsRefusedBody() throws {
            let rejection = Response(status: .notFound)
            let handler = ClosureHandler(admission: { _ in .reject(rejection) })
            try withServer(handler, configure: { $0.headTimeout = .milliseconds(100) }) { _, port in
                let client = try HTTPTestClient(port: port, timeLimitSeconds: patience)
                client.send("POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n")
                // Deadlines have been looked at when somebody else has missed one.
                let silent = try HTTPTestClient(port: port, timeLimitSeconds: patience)
                #expect(try silent.receiveToEnd().isEmpty)
                #expect(try client.exchange("0123456789").status == 404)
            }
        }

        @Test("A body below the least rate gets 408 though it never falls silent")
        func refusesSlowBody() throws {
            try withServer(configure: {
                $0.rateGrace = .milliseconds(200)
                $0.minimumBodyByteRate = 1_000_000
            }) { _, port throws in
                let client = try HTTPTestClient(port: port, timeLimitSeconds: patience)
                client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n")
                let start = ContinuousClock.now
                while ContinuousClock.now - start < .milliseconds(400) {
                    client.send("a")
                    _ = eventually(seconds: 0.01) { false }
                }
                #expect(try client.receiveResponse().status == 408)
            }
        }

        @Test("A body that came fast at first earns no long silence, nor a trickle")
        func refusesTrickleAfterBurst() throws {
            try withServer(configure: {
                $0.rateGrace = .milliseconds(100)
                $0.bodyTimeout = .milliseconds(300)
                $0.minimumBodyByteRate = 1024
            }) { _, port throws in
                let client = try HTTPTestClient(port: port, timeLimitSeconds: patience)
                client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2000000\r\n\r\n")
                // By its average it could go on for a quarter of an hour.
                client.send(String(repeating: "a", count: 1_000_000))
                let start = ContinuousClock.now
                while start.duration(to: .now) < .seconds(2), client.send("a") {
                    _ = eventually(seconds: 0.05) { false }
                }
                #expect(try client.receiveResponse().status == 408)
                #expect(start.duration(to: .now) < .seconds(5))
            }
        }

        @Test(
            "A client that reads its response byte by byte is cut, one that reads at the rate is not"
        )
        func cutsSlowReader() throws {
            let closed = TestEvents<Void>()
            let body = [UInt8](repeating: 7, count: 8_000_000)
            let handle: ClosureHandler.Handle = { _, response in
                response.onClose { closed.send(()) }
                response.start(ResponseHead(status: .ok))
                response.write(body)
                // Never finished: the connection's end tells of itself.
                DispatchQueue.global().asyncAfter(deadline: .now() + 30) { _ = response }
            }
            try withServer(
                handle: handle,
                configure: {
                    $0.rateGrace = .milliseconds(200)
                    $0.minimumAnswerByteRate = 1_000_000
                    $0.writeStallTimeout = .seconds(1)
                    $0.sendBufferByteCount = 16_384
                }
            ) { server, port throws in
                let slow = try HTTPTestClient(port: port, receiveBufferByteCount: 4_096)
                slow.send(get("/"))
                while closed.count == 0 {
                    _ = try slow.receive(1)
                    _ = eventually(seconds: 0.01) { false }
                }
                #expect(server.load.cutAnswerCount == 1)
                let isFree = eventually { server.load.answerByteCount == 0 }
                #expect(isFree)
                let steady = try HTTPTestClient(port: port)
                steady.send(get("/"))
                #expect(try steady.receive(8_000_000).count == 8_000_000)
                #expect(server.load.cutAnswerCount == 1)
            }
        }

        @Test("A steady body may take longer than the time a silent one gets")
        func permitsSteadyBody() throws {
            try withServer(configure: {
                $0.bodyTimeout = .milliseconds(300)
                $0.minimumBodyByteRate = 10
            }) { _, port throws in
                let client = try HTTPTestClient(port: port, timeLimitSeconds: patience)
                client.send("POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 60\r\n\r\n")
                for _ in 0..<60 {
                    client.send("a")
                    _ = eventually(seconds: 0.01) { false }
                }
                #expect(try client.receiveResponse().status == 200)
            }
        }

        @Test("An idle connection is closed, silently and only after a request")
        func closesIdle() throws {
            try withServer(configure: {
                $0.idleTimeout = .milliseconds(100)
                $0.headTimeout = .seconds(60)
            }) { _, port throws in
                let client = try HTTPTestClient(port: port, timeLimitSeconds: patience)
                #expect(try client.exchange(get("/")).status == 200)
                #expect(try client.receiveToEnd().isEmpty)
            }
        }

        @Test("A handler may take longer than every timeout of the connection")
        func waitsForHandler() throws {
            let writers = TestEvents<ResponseWriter>()
            try withServer(
                handle: { _, response in writers.send(response) },
                configure: {
                    $0.idleTimeout = .milliseconds(50)
                    $0.headTimeout = .milliseconds(50)
                    $0.bodyTimeout = .milliseconds(50)
                    $0.writeStallTimeout = .milliseconds(50)
                }
            ) { _, port throws in
                let client = try HTTPTestClient(port: port, timeLimitSeconds: patience)
                client.send(get("/"))
                let writer = try writers.next()
                _ = eventually(seconds: 0.3) { false }
                #expect(writer.send(Response(status: .ok)))
                #expect(try client.receiveResponse().status == 200)
            }
        }

        @Test("A client that takes nothing of its response is closed and the handler told")
        func closesStalled() throws {
            let closed = TestEvents<Void>()
            let writers = TestEvents<ResponseWriter>()
            let handle: ClosureHandler.Handle = { _, response in
                response.onClose { closed.send(()) }
                response.start(ResponseHead(status: .ok))
                writers.send(response)
            }
            try withServer(
                handle: handle,
                configure: { $0.writeStallTimeout = .milliseconds(200) }
            ) { _, port throws in
                let client = try HTTPTestClient(port: port, receiveBufferByteCount: 4_096)
                client.send(get("/"))
                let writer = try writers.next()
                let piece = [UInt8](repeating: 7, count: 1_000_000)
                // The system's own buffers take some megabytes before anything stalls.
                let isClosed = eventually { writer.write(piece) == .closed }
                #expect(isClosed)
                try closed.next()
                client.close()
            }
        }

        @Test("A refused client that never closes is closed after a short while")
        func endsLingering() throws {
            try withServer(configure: { $0.lingerTimeout = .milliseconds(100) }) {
                server,
                port throws in
                let client = try HTTPTestClient(port: port)
                #expect(try client.exchange("nonsense\r\n").status == 400)
                let isEmpty = eventually { server.load.connectionCount == 0 }
                #expect(isEmpty)
                client.close()
            }
        }
    }
}
