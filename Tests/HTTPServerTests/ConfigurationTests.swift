import HTTPWire
import Testing

@testable import HTTPServer

@Suite("Server configuration")
struct ServerConfigurationTests {
    @Test("The defaults are valid")
    func acceptsDefaults() throws {
        try HTTPServer.Configuration().validate()
    }

    @Test("Names the value that makes no sense")
    func namesFaults() {
        let faults: [(String, (inout HTTPServer.Configuration) -> Void)] = [
            ("backlog", { $0.backlog = 0 }),
            ("maximumConnectionCount", { $0.maximumConnectionCount = 0 }),
            ("ioQueueCount", { $0.ioQueueCount = 0 }),
            ("responseHighWaterMark", { $0.responseHighWaterMark = 0 }),
            ("limits.maximumFieldCount", { $0.limits.maximumFieldCount = 0 }),
            ("limits.maximumBodyByteCount", { $0.limits.maximumBodyByteCount = -1 }),
            ("idleTimeout", { $0.idleTimeout = .zero }),
            ("headTimeout", { $0.headTimeout = .seconds(-1) }),
            ("serverName", { $0.serverName = "a\r\nb" }),
        ]
        for (name, damage) in faults {
            var configuration = HTTPServer.Configuration()
            damage(&configuration)
            let error = #expect(throws: HTTPServer.ConfigurationError.self) {
                try configuration.validate()
            }
            #expect(error?.name == name)
        }
    }
}

@Suite("Output queue")
struct OutputQueueTests {
    @Test("Gives bytes back in order however they are added and removed")
    func keepsOrder() {
        var queue = OutputQueue()
        var expected: [UInt8] = []
        var received: [UInt8] = []
        for round in 0..<200 {
            let piece = [UInt8](repeating: UInt8(round % 256), count: round * 37 % 9_000)
            queue.append(piece)
            expected += piece
            guard round % 3 != 0, !queue.isEmpty else { continue }
            let count = queue.withFirst { bytes, _ in
                let count = min(bytes.count, 5_000)
                for index in 0..<count { received.append(bytes[index]) }
                return count
            }
            queue.removeFirst(count)
            #expect(queue.byteCount == expected.count - received.count)
        }
        while !queue.isEmpty {
            let count = queue.withFirst { bytes, moreFollows in
                for index in bytes.indices { received.append(bytes[index]) }
                return bytes.count
            }
            queue.removeFirst(count)
        }
        #expect(received == expected)
    }

    @Test("Joins small pieces and says when others follow")
    func joinsSmallPieces() {
        var queue = OutputQueue()
        for _ in 0..<10 { queue.append([1, 2, 3]) }
        #expect(queue.withFirst { bytes, moreFollows in bytes.count == 30 && !moreFollows })
        queue.append([UInt8](repeating: 0, count: 20_000))
        #expect(queue.withFirst { bytes, moreFollows in bytes.count == 30 && moreFollows })
    }
}
