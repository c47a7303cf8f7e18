import Glibc
import HTTPServer
import HTTPWire
import Sockets
import TestSupport
import Testing

extension HTTPServerTests {
    @Suite("TLS")
    struct TLSTests {
        @Test("Requests of a connection are answered one after the other")
        func answers() throws {
            try withServer(tls: .test()) { server, port throws in
                let client = try TLSTestClient(port: port)
                #expect(try client.exchange(get("/a")).hasSuffix("GET /a "))
                #expect(try client.exchange(post("abc")).hasSuffix("POST /p abc"))
                #expect(try client.exchange(get("/b") + get("/c")).hasSuffix("GET /b "))
                #expect(try client.receiveAnswer().hasSuffix("GET /c "))
                #expect(server.load.certificateExpiry == TestCertificates.validity.upperBound)
                #expect(server.load.failedHandshakeCount == 0)
            }
        }

        @Test("Large bodies and answers arrive whole")
        func carriesMuch() throws {
            try withServer(
                tls: .test(),
                configure: { $0.limits.maximumBodyByteCount = 1 << 24 }
            ) { _, port throws in
                let client = try TLSTestClient(port: port)
                let body = String(repeating: "0123456789abcdef", count: 200_000)
                // Not within the expectation, which would print megabytes.
                let isWhole = try client.exchange(post(body)).hasSuffix("POST /p " + body)
                #expect(isWhole)
                #expect(try client.exchange(get("/a")).hasSuffix("GET /a "))
            }
        }

        @Test("A client that speaks plain HTTP is told so, and nothing of it is handled")
        func tellsPlainClients() throws {
            let handler = ClosureHandler(handleRequest: { _, response in
                Issue.record("handled")
                response.send(Response(status: .ok))
            })
            try withServer(handler, tls: .test()) { _, port throws in
                let client = try HTTPTestClient(port: port)
                let answer = try client.exchange(get("/"))
                #expect(answer.status == 400)
                #expect(answer.text.contains("https://"))
                #expect(try client.receiveToEnd().isEmpty)
            }
        }

        @Test("A UNIX socket beside a port stays plain")
        func leavesSocketFilesPlain() throws {
            let path = "/tmp/interleaved-tls-\(getpid()).sock"
            unsafe unlink(path)
            try withServer(
                tls: .test(),
                configure: { $0.hosts = ["127.0.0.1", "unix:\(path)"] }
            ) { _, port throws in
                #expect(try HTTPTestClient(host: "unix:\(path)").exchange(get("/")).status == 200)
                #expect(try TLSTestClient(port: port).exchange(get("/")).hasSuffix("GET / "))
            }
        }

        @Test(
            "A handshake that does not come to its end is given up like a head",
            arguments: [[], [0x16, 3, 1]]
        )
        func limitsHandshakes(_ bytes: [UInt8]) throws {
            try withServer(tls: .test(), configure: { $0.headTimeout = .milliseconds(200) }) {
                server,
                port throws in
                let client = try HTTPTestClient(port: port)
                client.send(bytes)
                #expect(try client.receiveToEnd().isEmpty)
                #expect(eventually { server.load.connectionCount == 0 })
            }
        }

        @Test("Broken handshakes are counted and harm nobody")
        func countsFailures() throws {
            try withServer(tls: .test()) { server, port throws in
                let other = try TLSTestClient(port: port)
                for bytes in [[0x16, 3, 1, 0, 1, 9], [0x80, 2, 1], [0, 0, 0, 0, 0, 0, 0]]
                    as [[UInt8]]
                {
                    let client = try HTTPTestClient(port: port)
                    client.send(bytes)
                    client.shutdownSending()
                    _ = try client.receiveToEnd()
                }
                #expect(throws: (any Error).self) {
                    try TLSTestClient(port: port, trusting: TestCertificates.other)
                }
                #expect(eventually { server.load.failedHandshakeCount >= 2 })
                #expect(try other.exchange(get("/a")).hasSuffix("GET /a "))
            }
        }

        @Test("Another certificate is for new connections; those there are go on")
        func renewsCertificate() throws {
            try withServer(tls: .test()) { server, port throws in
                let old = try TLSTestClient(port: port)
                #expect(try old.exchange(get("/a")).hasSuffix("GET /a "))
                server.renew(try .test(TestCertificates.other, TestCertificates.otherKey))
                #expect(try old.exchange(get("/b")).hasSuffix("GET /b "))
                #expect(throws: SocketError.self) { try TLSTestClient(port: port) }
                let new = try TLSTestClient(port: port, trusting: TestCertificates.other)
                #expect(try new.exchange(get("/c")).hasSuffix("GET /c "))
            }
        }

        @Test(
            "An answer without a length ends with a word of TLS; one that was cut does not"
        )
        func tellsEndsApart() throws {
            let handler = ClosureHandler(handleRequest: { request, response in
                response.start(ResponseHead(status: .ok))
                response.write(Array("part".utf8))
                if request.head.path == "/whole" { response.finish() }
            })
            try withServer(handler, tls: .test()) { _, port throws in
                for (path, isWhole) in [("/whole", true), ("/cut", false)] {
                    let client = try TLSTestClient(port: port)
                    try client.send("GET \(path) HTTP/1.0\r\n\r\n")
                    // Of an answer that is cut at once nothing need have been sent.
                    let text = try client.receiveToEnd()
                    #expect(text.hasSuffix("part") || !isWhole)
                    #expect(client.hasCleanEnd == isWhole, "\(path)")
                }
            }
        }

        @Test("The end of the server ends idle connections properly")
        func endsIdleConnections() throws {
            var client: TLSTestClient?
            try withServer(tls: .test()) { _, port throws in
                client = try TLSTestClient(port: port)
                #expect(try client?.exchange(get("/a")).hasSuffix("GET /a ") == true)
            }
            #expect(try client?.receiveToEnd().isEmpty == true)
            #expect(client?.hasCleanEnd == true)
        }

        @Test(
            "A client that says it will send no more gets its answer, or is taken to have left",
            arguments: [false, true]
        )
        func seesEndOfSending(_ isAbandoned: Bool) throws {
            var handler = ClosureHandler()
            handler.admission = { _ in .accept(isAbandonedByHalfClose: isAbandoned) }
            try withServer(handler, tls: .test()) { _, port throws in
                let client = try TLSTestClient(port: port)
                try client.send(get("/a"))
                client.end()
                let answer = try client.receiveToEnd()
                // Answered at once, it may be on its way before the end is read.
                #expect(answer.hasSuffix("GET /a ") || isAbandoned && answer.isEmpty)
            }
        }

        @Test("What TLS keeps for a client that does not read counts as waiting")
        func countsWaitingBytes() throws {
            let handler = ClosureHandler(handleRequest: { _, response in
                response.send(Response(status: .ok, body: [UInt8](repeating: 1, count: 4 << 20)))
            })
            try withServer(handler, tls: .test(), configure: { $0.sendBufferByteCount = 1 << 16 }) {
                server,
                port throws in
                let client = try TLSTestClient(port: port)
                try client.send(get("/a"))
                #expect(eventually { server.load.answerByteCount > 1 << 20 })
                #expect(try client.receiveAnswer().utf8.count > 4 << 20)
                #expect(eventually { server.load.answerByteCount == 0 })
            }
        }
    }
}
