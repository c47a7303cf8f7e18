import Sockets
import TestSupport
import Testing

@Suite("Event sets")
struct EventSetTests {
    /// Both ends of connections, and what happened to ours.
    private final class Watched {
        let events: EventSet
        let listener: ListeningSocket

        init() throws {
            events = try EventSet()
            listener = try ListeningSocket(
                address: SocketAddress(host: "127.0.0.1", port: 0),
                backlog: 8
            )
        }

        func connect(_ key: UInt) throws -> (HTTPTestClient, Holder) {
            let client = try HTTPTestClient(port: listener.address.port)
            guard let socket = try listener.accept() else { throw TestClientError.connectionClosed }
            let transport = ByteTransport(socket)
            try events.watch(transport.descriptor, key: key)
            return (client, Holder(transport))
        }

        /// Waits until an event of a kind comes.
        func next(_ key: UInt, _ isMeant: @escaping (EventSet.Event) -> Bool) -> Bool {
            let deadline = ContinuousClock.now + .seconds(5)
            var isFound = false
            while !isFound, ContinuousClock.now < deadline {
                _ = events.take { if $0.key == key, isMeant($0) { isFound = true } }
            }
            return isFound
        }
    }

    private final class Holder {
        let transport: ByteTransport
        init(_ transport: consuming ByteTransport) { self.transport = transport }
    }

    @Test("Tell which of many sockets can do what, once")
    func tellsOnce() throws {
        let watched = try Watched()
        let (first, here) = try watched.connect(1)
        let (second, there) = try watched.connect(2)
        var writable: Set<UInt> = []
        _ = watched.events.take { if $0.isWritable, !$0.isReadable { writable.insert($0.key) } }
        #expect(writable == [1, 2])
        second.send("a")
        #expect(watched.next(2, \.isReadable))
        let isTold = watched.events.take { _ in }
        #expect(!isTold, "an event is told once, though the byte is still there")
        second.send("b")
        #expect(watched.next(2, \.isReadable))
        first.close()
        #expect(watched.next(1, \.isReadable), "the end is something to read")
        withExtendedLifetime((here, there)) {}
    }

    @Test("Forget a socket that is closed")
    func forgetsClosed() throws {
        let watched = try Watched()
        var client: HTTPTestClient?
        do {
            let (other, here) = try watched.connect(1)
            #expect(watched.next(1, \.isWritable))
            client = other
            withExtendedLifetime(here) {}
        }
        client?.send("a")
        let isTold = watched.events.take { _ in }
        #expect(!isTold)
    }
}
