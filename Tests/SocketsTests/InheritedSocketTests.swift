import Foundation
import Glibc
import Sockets
import TestSupport
import Testing

@Suite("Sockets that are handed over")
struct InheritedSocketTests {
    @Test("One that listens is taken over with its address, and accepts without waiting")
    func takesOver() throws {
        let original = try ListeningSocket(
            address: SocketAddress(host: "127.0.0.1", port: 0),
            backlog: 8
        )
        let port = original.address.port
        let taken = try ListeningSocket(inherited: dup(original.descriptor.rawValue))
        #expect(taken.address == original.address)
        let isEmpty = try taken.accept() == nil
        #expect(isEmpty)
        let client = try HTTPTestClient(port: port)
        let hasAccepted = try taken.accept() != nil
        #expect(hasAccepted)
        let number = taken.descriptor.rawValue
        #expect(fcntl(number, F_GETFD) == FD_CLOEXEC)
        client.close()
    }

    @Test("The file of a UNIX socket stays when who took it over lets go")
    func keepsFile() throws {
        let folder = try TemporaryDirectory()
        let address = SocketAddress.unix(folder.path + "socket")
        let original = try ListeningSocket(address: address, backlog: 8)
        do {
            let taken = try ListeningSocket(inherited: dup(original.descriptor.rawValue))
            #expect(taken.address == address)
        }
        #expect(try folder.fileNames() == ["socket"])
        _ = original.address
    }

    @Test("What does not listen, has no name or is no socket is refused, and stays open")
    func refuses() throws {
        let idle = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        let datagrams = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        // A UNIX socket that was never bound gets no name by listening.
        let nameless = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        listen(nameless, 1)
        let file = unsafe open("/dev/null", O_RDONLY)
        for number in [idle, datagrams, nameless, file] {
            #expect(throws: SocketError.self) { try ListeningSocket.address(inherited: number) }
            #expect(fcntl(number, F_GETFD) >= 0)
            close(number)
        }
        #expect(throws: SocketError.self) { try ListeningSocket.address(inherited: 987_654) }
    }
}

@Suite("What is told a service manager")
struct NotificationSocketTests {
    @Test("A message is one datagram of lines, to a file or to a name that is none")
    func sends() throws {
        let folder = try TemporaryDirectory()
        for name in [folder.path + "notify", "@interleaved-test-\(UUID().uuidString)"] {
            let receiver = try DatagramReceiver(name)
            let socket = try #require(NotificationSocket(name))
            try socket.send(["READY=1", "STATUS=ä"])
            #expect(try receiver.next() == ["READY=1", "STATUS=ä"])
        }
    }

    @Test(
        "An address is a path or a name",
        arguments: [
            "", "/", "@", "relative", "vsock:2:1", "/" + String(repeating: "a", count: 107),
        ]
    )
    func refuses(name: String) {
        #expect(NotificationSocket(name) == nil)
    }

    @Test("That nobody listens is an error, not a wait")
    func absent() throws {
        let socket = try #require(NotificationSocket("/nonexistent/notify"))
        let error = #expect(throws: SocketError.self) { try socket.send(["READY=1"]) }
        #expect(error?.code == ENOENT)
    }
}
