import Dispatch
import HTTPServer
import HTTPWire
import TestSupport
import Testing

extension HTTPServerTests {
    @Suite("Garbage over sockets")
    struct SocketFuzzTests {
        @Test("Damaged requests on many connections never disturb a good client", arguments: 0..<2)
        func survivesGarbage(_ seed: UInt64) throws {
            var random = SeededRandom(seed: seed)
            let samples = [
                get("/"), post("hello"), get("/a") + post("x") + get("/b"),
                "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
            ].map { Array($0.utf8) }
            try withServer { server, port throws in
                let good = try HTTPTestClient(port: port)
                let deadline = ContinuousClock.now + .seconds(1)
                var count = 0
                while ContinuousClock.now < deadline {
                    let bad = try HTTPTestClient(port: port)
                    let bytes = mutated(
                        samples[Int.random(in: 0..<samples.count, using: &random)],
                        using: &random
                    )
                    let cut = Int.random(in: 0...bytes.count, using: &random)
                    bad.send(Array(bytes[..<cut]))
                    bad.send(Array(bytes[cut...]))
                    if Bool.random(using: &random) {
                        bad.shutdownSending()
                        _ = try bad.receiveToEnd()
                    }
                    bad.close()
                    count += 1
                    let response = try good.exchange(get("/\(count)"))
                    #expect(response.text == "GET /\(count) ", "seed \(seed), input \(count)")
                }
                #expect(count > 20)
                good.close()
                let isEmpty = eventually { server.load.connectionCount == 0 }
                #expect(isEmpty)
            }
        }
    }
}
