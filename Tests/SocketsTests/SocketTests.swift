import Glibc
import Sockets
import TestSupport
import Testing

@Suite("Socket addresses")
struct SocketAddressTests {
    @Test(
        "Reads numeric hosts and writes them back",
        arguments: [
            ("127.0.0.1", "127.0.0.1:80"), ("localhost", "127.0.0.1:80"), ("0.0.0.0", "0.0.0.0:80"),
            ("::1", "[::1]:80"), ("[::]", "[::]:80"), ("2001:DB8::a", "[2001:db8::a]:80"),
        ]
    )
    func reads(_ host: String, _ expected: String) throws {
        #expect(try SocketAddress(host: host, port: 80).description == expected)
    }

    @Test(
        "Refuses what is no address",
        arguments: ["", "1.2.3", "1.2.3.256", "example.org", "[::1", "1.2.3.4:80", "::g"]
    )
    func refuses(_ host: String) {
        let error = #expect(throws: SocketError.self) { try SocketAddress(host: host, port: 80) }
        #expect(error?.code == EINVAL)
    }
}

@Suite("Sockets")
struct SocketTests {
    private func listen() throws -> ListeningSocket {
        try ListeningSocket(address: SocketAddress(host: "127.0.0.1", port: 0), backlog: 8)
    }

    private func accept(from listener: borrowing ListeningSocket) throws -> ConnectedSocket {
        guard let socket = try listener.accept() else { throw TestClientError.connectionClosed }
        return socket
    }

    @Test("Listens on a port of the system's choice and accepts without waiting")
    func accepts() throws {
        let listener = try listen()
        let port = listener.address.port
        #expect(port != 0)
        let isEmpty = try listener.accept() == nil
        #expect(isEmpty)
        let client = try HTTPTestClient(port: listener.address.port)
        let socket = try accept(from: listener)
        let host = socket.remoteAddress?.host
        #expect(host == "127.0.0.1")
        client.close()
    }

    @Test("Reads and writes without waiting, and sees the end")
    func transfers() throws {
        let listener = try listen()
        let client = try HTTPTestClient(port: listener.address.port)
        let socket = try accept(from: listener)
        var buffer = [UInt8](repeating: 0, count: 8)
        var span = buffer.mutableSpan
        let early = try socket.receive(into: &span)
        #expect(early == .wouldBlock)
        let isClosedEarly = socket.isClosedByPeer
        #expect(!isClosedEarly)
        client.send("hello")
        client.shutdownSending()
        let isClosedBehindData = socket.isClosedByPeer
        #expect(isClosedBehindData, "the end shows behind unread bytes")
        let first = try socket.receive(into: &span)
        #expect(first == .bytes(5))
        let end = try socket.receive(into: &span)
        #expect(end == .endOfStream)
        #expect(String(decoding: buffer.prefix(5), as: UTF8.self) == "hello")
        let sent = try socket.send(Array("bye".utf8).span)
        #expect(sent == .bytes(3))
        socket.shutdownSending()
        #expect(try client.receiveToEnd() == Array("bye".utf8))
    }

    @Test("Fills the system's buffer, then says so instead of waiting")
    func reportsFullBuffer() throws {
        let listener = try listen()
        let client = try HTTPTestClient(port: listener.address.port)
        let socket = try accept(from: listener)
        let block = [UInt8](repeating: 1, count: 1 << 20)
        var outcome = ConnectedSocket.Sent.bytes(0)
        for _ in 0..<1_000 where outcome != .wouldBlock { outcome = try socket.send(block.span) }
        #expect(outcome == .wouldBlock)
        client.close()
    }

    @Test("A write to a connection that was reset throws and raises no signal")
    func survivesReset() throws {
        let listener = try listen()
        let client = try HTTPTestClient(port: listener.address.port)
        let socket = try accept(from: listener)
        client.close()
        var code: Int32 = 0
        do throws(SocketError) {
            for _ in 0..<1_000 { _ = try socket.send([1, 2, 3].span) }
        } catch {
            code = error.code
        }
        #expect(code == EPIPE || code == ECONNRESET)
    }

    @Test("A port in use is refused with the address in the text")
    func namesAddressInUse() throws {
        let listener = try listen()
        let address = listener.address
        let error = #expect(throws: SocketError.self) {
            _ = try ListeningSocket(address: address, backlog: 1)
        }
        #expect(error?.code == EADDRINUSE)
        #expect(error?.description.contains("127.0.0.1:\(address.port)") == true)
    }

    @Test("A descriptor is open as long as its owner is there")
    func staysOpen() {
        let number = unsafe open("/dev/null", O_RDONLY | O_CLOEXEC)
        // Another test may be given the number once it is closed: that cannot be seen from here.
        let descriptor = Descriptor(owning: number)
        let flags = fcntl(descriptor.rawValue, F_GETFD)
        #expect(flags >= 0)
    }

    @Test("A system call that signals interrupt is made again; other errors keep their code")
    func retries() throws {
        var count = 0
        let result = try systemCall("test") {
            count += 1
            errno = EINTR
            return count < 3 ? -1 : 7
        }
        #expect(result == 7)
        #expect(count == 3)
        let error = #expect(throws: SocketError.self) {
            try systemCall("test") {
                errno = EBADF
                return -1
            }
        }
        #expect(error == SocketError(operation: "test", code: EBADF))
        #expect(error?.description.hasPrefix("test: Bad file descriptor") == true)
    }
}

@Suite("Connecting sockets")
struct ConnectingTests {
    private func address(_ port: UInt16) throws -> SocketAddress {
        try SocketAddress(host: "127.0.0.1", port: port)
    }

    @Test("Reach a listener, wait for bytes and see the end")
    func connects() throws {
        let listener = try ListeningSocket(address: address(0), backlog: 8)
        let client = try ConnectedSocket.connect(to: listener.address, timeout: .seconds(5))
        guard let server = try listener.accept() else { throw TestClientError.connectionClosed }
        let isReadable = try client.waitUntilReadable(timeout: .zero)
        #expect(!isReadable)
        let isWritable = try client.waitUntilWritable(timeout: .seconds(5))
        #expect(isWritable)
        let sent = try server.send([1, 2, 3].span)
        #expect(sent == .bytes(3))
        let hasArrived = try client.waitUntilReadable(timeout: .seconds(5))
        #expect(hasArrived)
        var buffer = [UInt8](repeating: 0, count: 8)
        var span = buffer.mutableSpan
        let received = try client.receive(into: &span)
        #expect(received == .bytes(3))
        server.shutdownSending()
        let isAtEnd = try client.waitUntilReadable(timeout: .seconds(5))
        #expect(isAtEnd)
        let end = try client.receive(into: &span)
        #expect(end == .endOfStream)
    }

    @Test("Say that nobody listens")
    func isRefused() throws {
        let port: UInt16
        do {
            let listener = try ListeningSocket(address: address(0), backlog: 1)
            port = listener.address.port
        }
        let error = #expect(throws: SocketError.self) {
            _ = try ConnectedSocket.connect(to: address(port), timeout: .seconds(5))
        }
        #expect(error?.code == ECONNREFUSED)
    }
}
