import Dispatch
import HTTPServer
import HTTPWire
import TestSupport
import Testing

extension HTTPServerTests {
    @Suite("Clients that go away")
    struct DisconnectTests {
        @Test(
            "A client that leaves during its request is noticed once",
            arguments: [false, true],
            ["", "GET /next HTTP/1.1\r\nHost: h\r\n\r\n"]
        )
        func noticesDisconnect(_ hasStarted: Bool, _ pipelined: String) throws {
            let writers = TestEvents<ResponseWriter>()
            let closed = TestEvents<Void>()
            let handle: ClosureHandler.Handle = { _, response in
                response.onClose { closed.send(()) }
                if hasStarted { response.start(ResponseHead(status: .ok)) }
                writers.send(response)
            }
            try withServer(handle: handle) { server, port throws in
                let client = try HTTPTestClient(port: port)
                client.send(get("/") + pipelined)
                let writer = try writers.next()
                #expect(closed.count == 0)
                client.close()
                try closed.next()
                #expect(!writer.send(Response(status: .ok)))
                if hasStarted { #expect(writer.write([1]) == .closed) }
                let isEmpty = eventually { server.load.connectionCount == 0 }
                #expect(isEmpty)
                #expect(closed.count == 0)
                #expect(writers.count == 0, "the pipelined request of a gone client is not served")
            }
        }

        @Test("A client that leaves behind more pipelined bytes than are read is noticed")
        func noticesDisconnectBehindInput() throws {
            let writers = TestEvents<ResponseWriter>()
            let closed = TestEvents<Void>()
            let handle: ClosureHandler.Handle = { _, response in
                response.onClose { closed.send(()) }
                writers.send(response)
            }
            try withServer(handle: handle, configure: { $0.maximumPipelinedByteCount = 1_000 }) {
                _,
                port throws in
                let client = try HTTPTestClient(port: port)
                // More than the server keeps, less than the system's buffer: the end is not stuck behind it.
                client.send(String(repeating: get("/"), count: 1_000))
                let writer = try writers.next()
                client.shutdownSending()
                try closed.next()
                #expect(!writer.send(Response(status: .ok)))
            }
        }

        @Test("A half-closed client gets the answers to all that it has sent completely")
        func answersHalfClosed() throws {
            let writers = TestEvents<ResponseWriter>()
            let handler = ClosureHandler(admission: { _ in .accept() }) { request, response in
                if request.head.path == "/slow" { return writers.send(response) }
                echo(request, response)
            }
            for isSlow in [true, false] {
                try withServer(handler) { server, port throws in
                    let client = try HTTPTestClient(port: port)
                    let path = isSlow ? "/slow" : "/fast"
                    client.send(get(path) + post("abc") + get("/last") + "GET /half HTTP/1.1\r\nHo")
                    client.shutdownSending()
                    if isSlow {
                        let writer = try writers.next()
                        // The end has been seen long before the answer is given.
                        _ = eventually(seconds: 0.1) { false }
                        #expect(writer.send(Response(status: .ok, body: Array("GET /slow ".utf8))))
                    }
                    #expect(try client.receiveResponse().text == "GET \(path) ")
                    #expect(try client.receiveResponse().text == "POST /p abc")
                    #expect(try client.receiveResponse().text == "GET /last ")
                    #expect(try client.receiveToEnd().isEmpty)
                    let isEmpty = eventually { server.load.connectionCount == 0 }
                    #expect(isEmpty)
                }
            }
        }

        @Test("A half-closed client is answered though it has sent more than is kept")
        func answersHalfClosedBehindInput() throws {
            let handler = ClosureHandler(admission: { _ in .accept() }) { request, response in
                DispatchQueue.global().async { echo(request, response) }
            }
            try withServer(handler, configure: { $0.maximumPipelinedByteCount = 100 }) {
                _,
                port throws in
                let client = try HTTPTestClient(port: port)
                client.send(String(repeating: get("/"), count: 200))
                client.shutdownSending()
                for _ in 0..<200 { #expect(try client.receiveResponse().status == 200) }
                #expect(try client.receiveToEnd().isEmpty)
            }
        }

        @Test("A request that came with its client's half-close is never answered by luck")
        func abandonsAlways() throws {
            try withServer { _, port throws in
                for _ in 0..<20 {
                    let client = try HTTPTestClient(port: port)
                    // The last byte and the end of the stream arrive together.
                    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r")
                    client.sendLast("\n")
                    #expect(try client.receiveToEnd().isEmpty)
                }
            }
        }

        @Test("Closing the sending side during a request that is abandoned counts as leaving")
        func treatsHalfCloseAsLeaving() throws {
            let writers = TestEvents<ResponseWriter>()
            let closed = TestEvents<Void>()
            let handle: ClosureHandler.Handle = { _, response in
                response.onClose { closed.send(()) }
                writers.send(response)
            }
            try withServer(handle: handle) { _, port throws in
                let client = try HTTPTestClient(port: port)
                client.send(get("/"))
                let writer = try writers.next()
                client.shutdownSending()
                try closed.next()
                #expect(try client.receiveToEnd().isEmpty)
                withExtendedLifetime(writer) {}
            }
        }

        @Test("A complete answer still reaches a client that has closed its sending side")
        func deliversToHalfClosed() throws {
            let writers = TestEvents<ResponseWriter>()
            let body = [UInt8](repeating: 3, count: 20_000_000)
            try withServer(handle: { _, response in writers.send(response) }) { _, port throws in
                let client = try HTTPTestClient(port: port, receiveBufferByteCount: 4_096)
                client.send(get("/"))
                let writer = try writers.next()
                writer.send(Response(status: .ok, body: body))
                client.shutdownSending()
                #expect(try client.receiveResponse().body == body)
                #expect(try client.receiveToEnd().isEmpty)
            }
        }

        @Test("A callback set after the client has left is called")
        func callsLateCallback() throws {
            let writers = TestEvents<ResponseWriter>()
            let closed = TestEvents<Void>()
            try withServer(handle: { _, response in writers.send(response) }) {
                server,
                port throws in
                let client = try HTTPTestClient(port: port)
                client.send(get("/"))
                let writer = try writers.next()
                client.close()
                let isEmpty = eventually { server.load.connectionCount == 0 }
                #expect(isEmpty)
                writer.onClose { closed.send(()) }
                try closed.next()
            }
        }

        @Test("No callback comes once the answer is complete")
        func staysSilentAfterAnswer() throws {
            let closed = TestEvents<Void>()
            let handle: ClosureHandler.Handle = { request, response in
                response.onClose { closed.send(()) }
                echo(request, response)
            }
            try withServer(handle: handle) { server, port throws in
                let client = try HTTPTestClient(port: port)
                #expect(try client.exchange(get("/")).status == 200)
                client.close()
                let isEmpty = eventually { server.load.connectionCount == 0 }
                #expect(isEmpty)
                #expect(closed.count == 0)
            }
        }

        @Test("A writer held only by its own callback is let go of when the client leaves")
        func breaksCallbackCycle() throws {
            let deallocated = TestEvents<Void>()
            final class Marker: Sendable {
                let onDeinit: @Sendable () -> Void
                init(_ onDeinit: @escaping @Sendable () -> Void) { self.onDeinit = onDeinit }
                deinit { onDeinit() }
            }
            let handle: ClosureHandler.Handle = { _, response in
                let marker = Marker { deallocated.send(()) }
                response.onClose { _ = (response, marker) }
                response.onDrain { _ = (response, marker) }
            }
            try withServer(handle: handle) { _, port throws in
                let client = try HTTPTestClient(port: port)
                client.send(get("/"))
                client.close()
                try deallocated.next()
            }
        }
    }
}
