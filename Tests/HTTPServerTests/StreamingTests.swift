import Dispatch
import HTTPServer
import HTTPWire
import Locking
import TestSupport
import Testing

extension HTTPServerTests {
    @Suite("Streams")
    struct StreamingTests {
        @Test("Sends each piece as a chunk as soon as it is written")
        func sendsChunks() throws {
            let writers = TestEvents<ResponseWriter>()
            try withServer(handle: { _, response in writers.send(response) }) { _, port throws in
                let client = try HTTPTestClient(port: port)
                client.send(get("/"))
                let writer = try writers.next()
                #expect(writer.start(ResponseHead(status: .ok)))
                #expect(writer.write(Array("ab".utf8)) == .accepted)
                #expect(writer.write([]) == .accepted, "an empty piece must not end the body")
                let arrived = eventually { writer.bufferedByteCount == 0 }
                #expect(arrived)
                #expect(writer.write(Array("cde".utf8)) == .accepted)
                #expect(writer.finish())
                let response = try client.receiveResponse()
                #expect(response["transfer-encoding"] == "chunked")
                #expect(response.chunkSizes == [2, 3])
                #expect(response.text == "abcde")
                #expect(!writer.finish())
                #expect(writer.write([1]) == .closed)
            }
        }

        @Test("Ends a stream to an HTTP/1.0 client by closing")
        func closesForOldClients() throws {
            let handle: ClosureHandler.Handle = { _, response in
                response.start(ResponseHead(status: .ok))
                response.write(Array("ab".utf8))
                response.finish()
            }
            try withServer(handle: handle) { _, port throws in
                let client = try HTTPTestClient(port: port)
                let response = try client.exchange(
                    "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
                )
                #expect(response["transfer-encoding"] == nil)
                #expect(response["connection"] == "close")
                #expect(response.text == "ab")
            }
        }

        @Test("Answers HEAD of a stream without body and goes on with the next request")
        func hidesStreamFromHead() throws {
            let handle: ClosureHandler.Handle = { _, response in
                response.start(ResponseHead(status: .ok))
                response.write([1, 2, 3])
                response.finish()
            }
            try withServer(handle: handle) { _, port throws in
                let client = try HTTPTestClient(port: port)
                client.send("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n")
                #expect(try client.receiveResponse(isHead: true).status == 200)
                #expect(try client.exchange(get("/")).body == [1, 2, 3])
            }
        }

        @Test("Cuts a stream whose writer goes away, so that no part passes for the whole")
        func cutsAbandonedStream() throws {
            let handle: ClosureHandler.Handle = { _, response in
                response.start(ResponseHead(status: .ok))
                response.write([1, 2, 3])
            }
            try withServer(handle: handle) { _, port throws in
                let client = try HTTPTestClient(port: port)
                client.send(get("/"))
                #expect(throws: TestClientError.connectionClosed) { try client.receiveResponse() }
            }
        }

        @Test("Keeps the order of writes from several threads as the calls were made")
        func ordersWrites() throws {
            let handle: ClosureHandler.Handle = { _, response in
                response.start(ResponseHead(status: .ok))
                let turns = Mutex(0)
                DispatchQueue.global().async {
                    DispatchQueue.concurrentPerform(iterations: 100) { _ in
                        turns.withLock { turn in
                            response.write(Array("\(turn) ".utf8))
                            turn += 1
                        }
                    }
                    response.finish()
                }
            }
            try withServer(handle: handle) { _, port throws in
                let response = try exchangeOnce(port, get("/"))
                #expect(response.text == (0..<100).map { "\($0) " }.joined())
            }
        }

        @Test("Holds a bounded amount for a slow reader, and says when there is room again")
        func boundsSlowReader() throws {
            let writers = TestEvents<ResponseWriter>()
            let drained = TestEvents<Void>()
            let mark = 100_000
            try withServer(
                handle: { _, response in writers.send(response) },
                configure: { $0.responseHighWaterMark = mark }
            ) { _, port throws in
                let client = try HTTPTestClient(port: port, receiveBufferByteCount: 4_096)
                client.send(get("/"))
                let writer = try writers.next()
                writer.onDrain { drained.send(()) }
                writer.start(ResponseHead(status: .ok))
                let piece = [UInt8](repeating: 7, count: 10_000)
                var sentCount = 0
                // 50 MB are more than all buffers of the system.
                while sentCount < 5_000, writer.write(piece) == .accepted { sentCount += 1 }
                #expect(sentCount < 5_000)
                #expect(writer.bufferedByteCount <= mark + piece.count + 1_000)
                // The system may have taken more since, so only what was accepted tells how much there was room for.
                #expect(sentCount * piece.count >= mark)
                let received = DispatchQueue(label: "receiver")
                nonisolated(unsafe) let receiving = client
                let responses = TestEvents<ReceivedResponse?>()
                // Sendable: only this queue uses the client from here on.
                received.async { responses.send(try? unsafe receiving.receiveResponse()) }
                try drained.next()
                #expect(writer.bufferedByteCount <= mark / 2)
                #expect(writer.write(piece) == .accepted)
                writer.finish()
                let response = try #require(try responses.next())
                #expect(response.body.count == (sentCount + 1) * piece.count)
                #expect(response.isComplete)
            }
        }

        @Test("A write before the start is a programmer's error")
        func refusesEarlyWrite() async {
            await #expect(processExitsWith: .failure) {
                try withServer(handle: { _, response in response.write([1]) }) { _, port throws in
                    _ = try exchangeOnce(port, get("/"))
                }
            }
        }
    }
}
