import HTTPServer
import HTTPWire
import TestSupport
import Testing

extension HTTPServerTests {
    @Suite("Refusals")
    struct RefusalTests {
        private func limited(_ byteCount: Int) -> ClosureHandler {
            ClosureHandler(admission: { _ in .accept(maximumBodyByteCount: byteCount) })
        }

        @Test("A malformed request gets the service's error body, then the connection closes")
        func refusesMalformed() throws {
            try withServer { _, port throws in
                let client = try HTTPTestClient(port: port)
                let response = try client.exchange("GET / HTTP/1.1\r\n\r\n")
                #expect(response.status == 400)
                #expect(response["connection"] == "close")
                #expect(response.text.contains("\"error\""))
                #expect(try client.receiveToEnd().isEmpty)
            }
        }

        @Test("Conflicting lengths are refused and nothing behind them is taken for a request")
        func refusesConflictingLengths() throws {
            try withServer { _, port throws in
                for fields in [
                    "Content-Length: 3\r\nContent-Length: 4\r\n",
                    "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
                ] {
                    let client = try HTTPTestClient(port: port)
                    let text =
                        "POST / HTTP/1.1\r\nHost: h\r\n\(fields)\r\n0\r\n\r\n" + get("/smuggled")
                    #expect(try client.exchange(text).status == 400)
                    #expect(try client.receiveToEnd().isEmpty)
                }
            }
        }

        @Test("100 MB announced are refused before they are sent")
        func refusesAnnouncedBody() throws {
            try withServer(limited(1_000_000)) { _, port throws in
                let client = try HTTPTestClient(port: port)
                let text = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000000\r\n\r\n"
                #expect(try client.exchange(text).status == 413)
                #expect(try client.receiveToEnd().isEmpty)
            }
        }

        @Test("A client that sends 100 MB in chunks sees 413 and cannot send them all")
        func refusesChunkedBody() throws {
            try withServer(limited(1_000_000)) { _, port throws in
                let client = try HTTPTestClient(port: port)
                client.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
                let chunk = "493E0\r\n" + String(repeating: "a", count: 300_000) + "\r\n"
                for _ in 0..<4 { client.send(chunk) }
                #expect(try client.receiveResponse().status == 413)
                #expect(try client.receiveToEnd().isEmpty)
            }
        }

        @Test("A body as large as the limit passes, one byte more does not")
        func boundsBody() throws {
            try withServer(limited(5)) { _, port throws in
                #expect(try exchangeOnce(port, post("12345")).status == 200)
                #expect(try exchangeOnce(port, post("123456")).status == 413)
            }
        }

        @Test("The server's own limit holds for routes without one")
        func boundsBodyByDefault() throws {
            try withServer(configure: { $0.limits.maximumBodyByteCount = 5 }) { _, port throws in
                #expect(try exchangeOnce(port, post("12345")).status == 200)
                #expect(try exchangeOnce(port, post("123456")).status == 413)
            }
        }

        @Test("A million bytes of header get 431")
        func refusesLargeHead() throws {
            try withServer { _, port throws in
                let client = try HTTPTestClient(port: port)
                let field = "A: " + String(repeating: "b", count: 997) + "\r\n"
                client.send(
                    "GET / HTTP/1.1\r\nHost: h\r\n" + String(repeating: field, count: 1_000)
                )
                #expect(try client.receiveResponse().status == 431)
            }
        }

        @Test("A rejected request with a small body leaves the connection usable")
        func skipsSmallBody() throws {
            let handler = ClosureHandler(admission: { head in
                head.path == "/p" ? .reject(Response(status: .unauthorized)) : .accept()
            })
            try withServer(handler) { _, port throws in
                let client = try HTTPTestClient(port: port)
                #expect(try client.exchange(post("abc")).status == 401)
                #expect(try client.exchange(get("/")).text == "GET / ")
                #expect(try client.exchange(get("/p")).status == 401)
                #expect(try client.exchange(get("/")).status == 200)
            }
        }

        @Test("A rejected request with a large or chunked body is answered unread, then closed")
        func closesOnLargeRejected() throws {
            let handler = ClosureHandler(admission: { _ in .reject(Response(status: .unauthorized))
            })
            try withServer(handler) { _, port throws in
                for framing in ["Content-Length: 100000", "Transfer-Encoding: chunked"] {
                    let client = try HTTPTestClient(port: port)
                    let response = try client.exchange(
                        "POST / HTTP/1.1\r\nHost: h\r\n\(framing)\r\n\r\n"
                    )
                    #expect(response.status == 401)
                    #expect(response["connection"] == "close")
                    #expect(try client.receiveToEnd().isEmpty)
                }
            }
        }

        @Test("Sends 100 Continue only to a request that may go on")
        func continuesAfterDecision() throws {
            let head = "POST /p HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: "
            try withServer(limited(3)) { _, port throws in
                let client = try HTTPTestClient(port: port)
                #expect(try client.exchange(head + "3\r\n\r\n").status == 100)
                #expect(try client.exchange("abc").text == "POST /p abc")
                #expect(try client.exchange(head + "3\r\n\r\nabc").status == 200, "no need to ask")
                #expect(try client.exchange(head + "4\r\n\r\n").status == 413)
            }
            let rejecting = ClosureHandler(admission: { _ in .reject(Response(status: .notFound)) })
            try withServer(rejecting) { _, port throws in
                #expect(try exchangeOnce(port, head + "3\r\n\r\n").status == 404)
            }
        }
    }
}
