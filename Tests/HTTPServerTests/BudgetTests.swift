import Dispatch
import HTTPWire
import Locking
import Logging
import Sockets
import TestSupport
import Testing

@testable import HTTPServer

@Suite("Budgets")
struct BudgetTests {
    private static let hog = ClientIdentity(try? SocketAddress(host: "192.0.2.1", port: 1))
    private static let other = ClientIdentity(try? SocketAddress(host: "192.0.2.2", port: 1))

    @Test("The client that holds most gives way, its largest body first")
    func refusesLargest() throws {
        let budget = BodyBudget(capacity: 100, clientCapacity: 100)
        let refused = TestEvents<String>()
        func charge(_ name: String, _ client: ClientIdentity?, _ byteCount: Int) -> BodyCharge {
            let charge = budget.makeCharge(client: client) { refused.send(name) }
            #expect(charge.grow(by: byteCount) == nil)
            return charge
        }
        let small = charge("small", Self.hog, 20)
        let large = charge("large", Self.hog, 40)
        let local = charge("local", nil, 30)
        let fair = charge("fair", Self.other, 10)
        #expect(fair.grow(by: 20) == nil)
        #expect(try refused.next() == "large")
        #expect(!large.isHeld && small.isHeld && budget.usedByteCount == 80)
        // Who asks holds most now: it gets no more, and nobody else gives way, least of all one on this machine.
        #expect(fair.grow(by: 30) == .ofAll)
        #expect(fair.isHeld && small.isHeld && local.isHeld && refused.count == 0)
        // One on this machine is refused for nobody, and others are for it.
        #expect(local.grow(by: 40) == nil)
        #expect(try refused.next() == "fair")
        #expect(budget.refusedCount == 3)
        large.release()
        local.release()
        #expect(budget.usedByteCount == 20)
    }

    @Test("A request that has been handed over is not refused any more")
    func keepsHandedOver() {
        let budget = BodyBudget(capacity: 100, clientCapacity: 100)
        let whole = budget.makeCharge(client: Self.hog) { Issue.record("refused") }
        #expect(whole.grow(by: 90) == nil)
        whole.handOver()
        let next = budget.makeCharge(client: Self.other) {}
        #expect(next.grow(by: 20) == .ofAll)
        #expect(whole.isHeld && budget.shortage(for: 10, of: Self.other) == nil)
        #expect(budget.shortage(for: 11, of: Self.other) == .ofAll)
    }

    @Test("An announced body has the room that others would have to give it")
    func countsWhatGivesWay() {
        let budget = BodyBudget(capacity: 100, clientCapacity: 100)
        let first = budget.makeCharge(client: Self.hog) { Issue.record("refused") }
        let second = budget.makeCharge(client: Self.hog) { Issue.record("refused") }
        #expect(first.grow(by: 40) == nil && second.grow(by: 40) == nil)
        #expect(budget.shortage(for: 50, of: nil) == nil)
        #expect(budget.shortage(for: 101, of: nil) == .ofAll)
        #expect(budget.shortage(for: 50, of: Self.other) == nil)
        #expect(budget.shortage(for: 90, of: Self.other) == .ofAll)
        #expect(budget.shortage(for: 20, of: Self.hog) == nil)
        #expect(budget.shortage(for: 30, of: Self.hog) == .ofClient)
        #expect(first.isHeld && second.isHeld && budget.refusedCount == 2)
    }

    @Test("Nobody gives way for a body that is refused all the same")
    func takesNothingInVain() {
        let budget = BodyBudget(capacity: 100, clientCapacity: 100)
        let hog = budget.makeCharge(client: Self.hog) { Issue.record("refused") }
        let local = budget.makeCharge(client: nil) { Issue.record("refused") }
        #expect(hog.grow(by: 50) == nil && local.grow(by: 50) == nil)
        let other = budget.makeCharge(client: nil) {}
        #expect(other.grow(by: 60) == .ofAll)
        #expect(hog.isHeld && local.isHeld && budget.usedByteCount == 100)
    }

    @Test(
        "A client has no more than its own limit, whatever is free; others and those on this machine go on"
    )
    func boundsClient() {
        let budget = BodyBudget(capacity: 100, clientCapacity: 40)
        let first = budget.makeCharge(client: Self.hog) { Issue.record("refused") }
        let second = budget.makeCharge(client: Self.hog) { Issue.record("refused") }
        #expect(first.grow(by: 30) == nil && second.grow(by: 10) == nil)
        #expect(second.grow(by: 1) == .ofClient && first.isHeld && second.isHeld)
        #expect(budget.shortage(for: 1, of: Self.hog) == .ofClient)
        #expect(budget.shortage(for: 41, of: Self.other) == .ofClient)
        #expect(budget.shortage(for: 40, of: Self.other) == nil)
        let local = budget.makeCharge(client: nil) { Issue.record("refused") }
        #expect(local.grow(by: 60) == nil)
        #expect(budget.refusedOfClientCount == 3 && budget.refusedCount == 0)
        // What is given back may be had again.
        first.release()
        #expect(second.grow(by: 30) == nil && second.grow(by: 1) == .ofClient)
    }

    @Test("A charge that nobody holds gives its bytes back")
    func releasesAtEnd() {
        let budget = BodyBudget(capacity: 100, clientCapacity: 100)
        do {
            let charge = budget.makeCharge(client: nil) {}
            #expect(charge.grow(by: 60) == nil)
            #expect(budget.usedByteCount == 60)
        }
        #expect(budget.usedByteCount == 0)
    }

    @Test("Neighbours of an IPv6 network are one client, clients on this machine are none")
    func identifiesClients() throws {
        func identity(_ host: String) throws -> ClientIdentity? {
            ClientIdentity(try SocketAddress(host: host, port: 1))
        }
        #expect(try identity("2001:db8::1") == identity("2001:db8::ffff:1"))
        #expect(try identity("2001:db8:0:1::1") != identity("2001:db8::1"))
        #expect(try identity("192.0.2.1") != identity("192.0.2.2"))
        for host in ["127.0.0.1", "127.9.9.9", "::1", "unix:/a"] {
            #expect(try identity(host) == nil, "\(host)")
        }
    }

    @Test("When too much waits to be read, the slowest reader is cut, never the last")
    func cutsSlowest() throws {
        let budget = AnswerBudget(capacity: 1_000_000)
        let cut = TestEvents<Int>()
        let readers = (0..<3).map { _ in DispatchSemaphore(value: 0) }
        func wait(_ index: Int, _ byteCount: Int) {
            budget.outputChanged(of: ObjectIdentifier(readers[index]), to: byteCount) {
                cut.send(index)
            }
        }
        wait(0, 600_000)
        wait(1, 900_000)
        #expect(try [cut.next()].allSatisfy { [0, 1].contains($0) })
        wait(0, 0)
        wait(1, 0)
        wait(0, 500_000)
        wait(1, 500_000)
        wait(1, 100_000)
        wait(2, 800_000)
        #expect(try cut.next() == 0)
        #expect(budget.usedByteCount == 900_000)
        wait(1, 0)
        wait(2, 5_000_000)
        #expect(cut.count == 0, "a single answer may be larger")
        budget.remove(ObjectIdentifier(readers[2]))
        #expect(budget.usedByteCount == 0 && budget.cutCount == 2)
    }

    @Test("Refusals that come close together are one line")
    func logsEpisodes() {
        let lines = Mutex(0)
        struct Counter: TextOutputStream, Sendable {
            let count: @Sendable () -> Void
            mutating func write(_ string: String) { count() }
        }
        let shared = TestEvents<Void>()
        let logger = Logger(label: "test") { label in
            StreamLogHandler(label: label, stream: Counter { shared.send(()) })
        }
        let episode = RefusalEpisode()
        for _ in 0..<1000 { episode.note(logger, "no room") }
        #expect(shared.count == 1)
        withExtendedLifetime(lines) {}
    }
}

extension HTTPServerTests {
    @Suite("Bodies share what there is")
    struct BodyBudgetTests {
        @Test("A body that does not fit is refused before it is asked for, and what is sent counts")
        func refusesBeforeContinue() throws {
            try withServer(configure: { $0.bodyByteBudget = 1_000_000 }) { server, port throws in
                let first = try HTTPTestClient(port: port)
                let start = "POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: "
                first.send(start + "900000\r\n\r\n" + String(repeating: "a", count: 800_000))
                let isCharged = eventually { server.load.bodyByteCount >= 800_000 }
                #expect(isCharged && server.load.bodyByteCount <= 800_000 + 65_536)
                let second = try HTTPTestClient(port: port)
                let refused = try second.exchange(
                    start + "500000\r\nExpect: 100-continue\r\n\r\n"
                )
                #expect(refused.status == 503 && refused["connection"] == "close")
                let third = try HTTPTestClient(port: port)
                #expect(try third.exchange(start + "3\r\n\r\nabc").status == 200)
                first.send(String(repeating: "a", count: 100_000))
                #expect(try first.receiveResponse().status == 200)
                let isFree = eventually { server.load.bodyByteCount == 0 }
                #expect(isFree)
                #expect(server.load.refusedBodyCount == 1)
            }
        }

        @Test("A client beyond its own limit is told so, others are not; whom a proxy names counts")
        func boundsClient() throws {
            let proxy = try AddressRange("127.0.0.1")
            try withServer(configure: {
                $0.clientBodyByteBudget = 100_000
                $0.trustedProxies = [proxy]
            }) { server, port throws in
                func start(_ client: String, _ framing: String) -> String {
                    "POST /p HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: \(client)\r\n\(framing)\r\n\r\n"
                }
                let first = try HTTPTestClient(port: port)
                first.send(start("203.0.113.9", "Content-Length: 90000"))
                first.send(String(repeating: "a", count: 80_000))
                let isCharged = eventually { server.load.bodyByteCount >= 80_000 }
                #expect(isCharged)
                let announced = try exchangeOnce(
                    port,
                    start("203.0.113.9", "Content-Length: 20000")
                )
                #expect(announced.status == 429 && announced.text.contains("100000 bytes"))
                let chunked = try exchangeOnce(
                    port,
                    start("203.0.113.9", "Transfer-Encoding: chunked")
                        + "4e20\r\n\(String(repeating: "a", count: 20_000))\r\n"
                )
                #expect(chunked.status == 429 && chunked["connection"] == "close")
                let other = String(repeating: "b", count: 90_000)
                for client in ["203.0.113.10", "127.0.0.1"] {
                    let head = start(client, "Content-Length: 90000")
                    #expect(try exchangeOnce(port, head + other).status == 200)
                }
                first.send(String(repeating: "a", count: 10_000))
                #expect(try first.receiveResponse().status == 200)
                #expect(server.load.refusedClientBodyCount == 2)
                #expect(server.load.refusedBodyCount == 0)
            }
        }

        @Test("Bodies of any framing never hold more than the budget, and silence frees it")
        func boundsBodies() throws {
            try withServer(configure: {
                $0.bodyByteBudget = 1 << 20
                $0.bodyTimeout = .milliseconds(500)
            }) { server, port throws in
                let piece = String(repeating: "a", count: 60_000)
                let clients = try (0..<12).map { index in
                    let client = try HTTPTestClient(port: port)
                    let start = "POST /p HTTP/1.1\r\nHost: h\r\n"
                    if index % 2 == 0 {
                        client.send(start + "Content-Length: 600000\r\n\r\n")
                        for _ in 0..<8 { client.send(piece) }
                    } else {
                        client.send(start + "Transfer-Encoding: chunked\r\n\r\n")
                        for _ in 0..<8 { client.send("ea60\r\n\(piece)\r\n") }
                    }
                    #expect(server.load.bodyByteCount <= 1 << 20)
                    return client
                }
                let statuses = try clients.map { try $0.receiveResponse().status }
                #expect(statuses.contains(503) && statuses.contains(408))
                #expect(Set(statuses) == [408, 503])
                let isFree = eventually { server.load.bodyByteCount == 0 }
                #expect(isFree)
            }
        }
    }
}
