import Dispatch
import HTTPServer
import HTTPWire
import TestSupport
import Testing

extension HTTPServerTests {
    @Suite("Exchanges")
    struct ExchangeTests {
        @Test("Serves many requests over one connection, with Date and Server fields")
        func keepsAlive() throws {
            try withServer { _, port throws in
                let client = try HTTPTestClient(port: port)
                for index in 0..<20 {
                    let response = try client.exchange(get("/\(index)"))
                    #expect(response.status == 200)
                    #expect(response.text == "GET /\(index) ")
                    #expect(response["server"] == "interleaved")
                    #expect(response["date"]?.count == 29)
                    #expect(response["connection"] == nil)
                }
            }
        }

        @Test("Closes when the client asks for it, and by default for HTTP/1.0")
        func closesOnDemand() throws {
            try withServer { _, port throws in
                for text in [get("/", "Connection: close\r\n"), "GET / HTTP/1.0\r\n\r\n"] {
                    let client = try HTTPTestClient(port: port)
                    let response = try client.exchange(text)
                    #expect(response["connection"] == "close")
                    #expect(try client.receiveToEnd().isEmpty)
                }
                let old = try HTTPTestClient(port: port)
                for _ in 0..<2 {
                    let response = try old.exchange(
                        "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
                    )
                    #expect(response["connection"] == "keep-alive")
                }
            }
        }

        @Test("Keeps the order of pipelined requests though answers come later from other threads")
        func ordersPipelined() throws {
            let handle: ClosureHandler.Handle = { request, response in
                // The first requests take the longest.
                let number = Int(request.head.path.dropFirst()) ?? 0
                let delay = DispatchTimeInterval.milliseconds(max(0, 20 - 5 * number))
                DispatchQueue.global().asyncAfter(deadline: .now() + delay) {
                    echo(request, response)
                }
            }
            try withServer(handle: handle) { _, port throws in
                let client = try HTTPTestClient(port: port)
                client.send((0..<10).map { get("/\($0)") }.joined())
                for index in 0..<10 {
                    #expect(try client.receiveResponse().text == "GET /\(index) ")
                }
            }
        }

        @Test("Answers thousands of pipelined requests in one burst without deep recursion")
        func answersBurst() throws {
            try withServer { _, port throws in
                let client = try HTTPTestClient(port: port)
                let count = 5_000
                let requests = Array(String(repeating: get("/"), count: count).utf8)
                let sender = DispatchQueue(label: "sender")
                nonisolated(unsafe) let sending = client
                // Sendable: sending and receiving touch different state of the client.
                sender.async { unsafe sending.send(requests) }
                for _ in 0..<count { #expect(try client.receiveResponse().status == 200) }
                sender.sync {}
            }
        }

        @Test("Takes bodies with a length and in chunks, cut anywhere")
        func takesBodies() throws {
            try withServer { _, port throws in
                let client = try HTTPTestClient(port: port)
                let chunked =
                    "POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + "3;x\r\nabc\r\n2\r\nde\r\n0\r\nT: u\r\n\r\n"
                for text in [post("abcde"), chunked] {
                    for byte in text.utf8 { client.send([byte]) }
                    #expect(try client.receiveResponse().text == "POST /p abcde")
                }
            }
        }

        @Test("Hands over a large body unchanged")
        func takesLargeBody() throws {
            var random = SeededRandom(seed: 1)
            let body = (0..<3_000_000).map { _ in UInt8.random(in: 0...255, using: &random) }
            let handle: ClosureHandler.Handle = { request, response in
                response.send(Response(status: .ok, body: request.body))
            }
            try withServer(handle: handle) { _, port throws in
                let client = try HTTPTestClient(port: port)
                client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: \(body.count)\r\n\r\n")
                client.send(body)
                let response = try client.receiveResponse()
                #expect(response.body == body)
                #expect(try client.exchange(get("/")).status == 200)
            }
        }

        @Test("Answers HEAD with the length of the body and without the body")
        func answersHead() throws {
            try withServer { _, port throws in
                let client = try HTTPTestClient(port: port)
                client.send("HEAD /abc HTTP/1.1\r\nHost: h\r\n\r\n")
                let response = try client.receiveResponse(isHead: true)
                #expect(response["content-length"] == "10")
                #expect(try client.exchange(get("/")).text == "GET / ")
            }
        }

        @Test("Sends neither body nor length with 204 and 304", arguments: [204, 304])
        func sendsNoBody(_ code: Int) throws {
            let handle: ClosureHandler.Handle = { _, response in
                response.send(Response(status: Status(code), body: [1, 2, 3]))
            }
            try withServer(handle: handle) { _, port throws in
                let client = try HTTPTestClient(port: port)
                for _ in 0..<2 {
                    let response = try client.exchange(get("/"))
                    #expect(response.status == code)
                    #expect(response["content-length"] == nil)
                }
            }
        }

        @Test("Answers 500 for a handler that lets go of its writer")
        func answersForForgetful() throws {
            try withServer(handle: { _, _ in }) { _, port throws in
                let client = try HTTPTestClient(port: port)
                let response = try client.exchange(get("/"))
                #expect(response.status == 500)
                #expect(response["content-type"] == "application/json")
                #expect(try client.receiveToEnd().isEmpty)
            }
        }

        @Test("Answers 500 instead of fields that would split the response")
        func refusesResponseSplitting() throws {
            let handle: ClosureHandler.Handle = { _, response in
                response.send(Response(status: .ok, fields: ["a": "b\r\nset-cookie: c"]))
            }
            try withServer(handle: handle) { _, port throws in
                let response = try exchangeOnce(port, get("/"))
                #expect(response.status == 500)
                #expect(response["set-cookie"] == nil)
            }
        }

        @Test("The first answer wins; later ones are ignored and told so")
        func answersOnce() throws {
            let outcomes = TestEvents<[Bool]>()
            let handle: ClosureHandler.Handle = { request, response in
                let first = response.send(Response(status: .ok, body: [1]))
                let second = response.send(Response(status: .notFound))
                let third = response.start(ResponseHead(status: .notFound))
                let fourth = response.finish()
                outcomes.send([first, second, third, fourth, response.write([1]) == .closed])
            }
            try withServer(handle: handle) { _, port throws in
                let client = try HTTPTestClient(port: port)
                #expect(try client.exchange(get("/")).body == [1])
                #expect(try outcomes.next() == [true, false, false, false, true])
                #expect(try client.exchange(get("/")).body == [1])
            }
        }

        @Test("Exactly one of many racing threads answers")
        func answersOnceUnderRace() throws {
            let outcomes = TestEvents<Bool>()
            let handle: ClosureHandler.Handle = { _, response in
                for number in 0..<4 {
                    DispatchQueue.global().async {
                        outcomes.send(response.send(Response(status: .ok, body: [UInt8(number)])))
                    }
                }
            }
            try withServer(handle: handle) { _, port throws in
                let client = try HTTPTestClient(port: port)
                for _ in 0..<50 { #expect(try client.exchange(get("/")).body.count == 1) }
                let answered = try (0..<200).map { _ in try outcomes.next() }
                #expect(answered.count { $0 } == 50)
            }
        }
    }
}
