import Glibc
import HTTPServer
import HTTPWire
import Sockets
import TestSupport
import Testing

extension HTTPServerTests {
    @Suite("Addresses")
    struct AddressTests {
        private static func serves(_ port: UInt16, _ host: String) -> Bool {
            (try? HTTPTestClient(port: port, host: host).exchange(get("/")).status) == 200
        }

        @Test(
            "Listens where it is told to, on one port",
            arguments: [
                (["localhost"], ["127.0.0.1", "::1"], [String]()),
                (["::"], ["127.0.0.1", "::1"], []), (["0.0.0.0", "::"], ["127.0.0.1", "::1"], []),
                (["127.0.0.1"], ["127.0.0.1"], ["::1"]), (["::1"], ["::1"], ["127.0.0.1"]),
                (["[::1]", "127.0.0.1", "localhost"], ["127.0.0.1", "::1"], []),
            ]
        )
        func listens(_ hosts: [String], _ open: [String], _ closed: [String]) throws {
            try withServer(configure: { $0.hosts = hosts }) { server, port throws in
                for host in open { #expect(Self.serves(port, host), "\(host)") }
                for host in closed { #expect(!Self.serves(port, host), "\(host)") }
                #expect(server.addresses.allSatisfy { $0.hasSuffix(":\(port)") })
            }
        }

        @Test("Sockets that were handed over are listened on, and nothing else is")
        func takesOver() throws {
            let address = try SocketAddress(host: "127.0.0.1", port: 0)
            let first = try ListeningSocket(address: address, backlog: 8)
            let second = try ListeningSocket(address: address, backlog: 8)
            let ports = [first.address.port, second.address.port]
            let numbers = [dup(first.descriptor.rawValue), dup(second.descriptor.rawValue)]
            try withServer(configure: {
                $0.inheritedSockets = numbers
                $0.hosts = ["::1"]
            }) { server, _ throws in
                #expect(server.addresses == ports.map { "127.0.0.1:\($0)" })
                for port in ports { #expect(Self.serves(port, "127.0.0.1")) }
                server.stopAccepting()
                // The connection waits for whoever takes the socket over next.
                let waiting = try HTTPTestClient(port: ports[0])
                waiting.close()
            }
        }

        @Test("Who comes by IPv4 to a socket of both families has an IPv4 address")
        func mapsAddresses() throws {
            let addresses = TestEvents<SocketAddress?>()
            let handle: ClosureHandler.Handle = { request, response in
                addresses.send(request.remoteAddress)
                echo(request, response)
            }
            try withServer(handle: handle, configure: { $0.hosts = ["::"] }) { _, port throws in
                #expect(Self.serves(port, "127.0.0.1"))
                #expect(try addresses.next()?.host == "127.0.0.1")
                #expect(Self.serves(port, "::1"))
                #expect(try addresses.next()?.host == "::1")
            }
        }

        @Test("A trusted proxy says for whom it asks, request by request")
        func readsForwardedAddresses() throws {
            let addresses = TestEvents<SocketAddress?>()
            let handle: ClosureHandler.Handle = { request, response in
                addresses.send(request.clientAddress)
                echo(request, response)
            }
            let proxies = [try AddressRange("127.0.0.0/8")]
            try withServer(handle: handle, configure: { $0.trustedProxies = proxies }) {
                _,
                port throws in
                let client = try HTTPTestClient(port: port)
                for (field, host) in [
                    ("X-Forwarded-For: 6.6.6.6, 1.2.3.4\r\n", "1.2.3.4"), ("", "127.0.0.1"),
                    ("Forwarded: for=1.2.3.4\r\n", "127.0.0.1"),
                ] {
                    #expect(try client.exchange(get("/", field)).status == 200)
                    #expect(try addresses.next()?.host == host)
                }
            }
        }

        @Test("A UNIX socket serves beside a port, replaces a stale file and goes with the server")
        func servesSocketFile() throws {
            let path = "/tmp/interleaved-test-\(getpid()).sock"
            unsafe unlink(path)
            let host = "unix:\(path)"
            for _ in 0..<2 {
                try withServer(configure: {
                    $0.hosts = ["127.0.0.1", host]
                    $0.socketFileMode = 0o640
                    $0.maximumConnectionCount = 2
                }) { server, port throws in
                    #expect(server.addresses == ["127.0.0.1:\(port)", host])
                    let first = try HTTPTestClient(host: host)
                    #expect(try first.exchange(get("/")).status == 200)
                    #expect(try first.exchange(post("abc")).text == "POST /p abc")
                    let second = try HTTPTestClient(port: port)
                    #expect(try second.exchange(get("/")).status == 200)
                    // Both addresses share the places.
                    #expect(try HTTPTestClient(host: host).exchange(get("/")).status == 503)
                    var info = stat()
                    #expect(unsafe lstat(path, &info) == 0 && info.st_mode & 0o777 == 0o640)
                    // Somebody listens already.
                    #expect(throws: SocketError.self) {
                        try withServer(configure: { $0.hosts = [host] }) { _, _ in }
                    }
                    #expect(try second.exchange(get("/")).status == 200)
                }
                #expect(unsafe access(path, F_OK) != 0, "the file goes with its server")
                // What a killed process leaves behind.
                let stale = try ListeningSocket(
                    address: SocketAddress(host: host, port: 0),
                    backlog: 1
                )
                #expect(unsafe rename(path, path + "~") == 0)
                _ = consume stale
                #expect(unsafe rename(path + "~", path) == 0)
            }
            unsafe unlink(path)
        }

        @Test(
            "A socket's file is its owner's before anybody else may connect",
            .enabled(if: getuid() == 0)
        )
        func givesSocketFile() throws {
            let path = "/tmp/interleaved-test-\(getpid())-owned.sock"
            for (owner, numbers) in [("65533:65532", (65533, 65532)), (":65532", (0, 65532))] {
                try withServer(configure: {
                    $0.hosts = ["127.0.0.1", "unix:\(path)"]
                    $0.socketFileOwner = try? FileOwner(owner)
                }) { _, _ in
                    var info = stat()
                    #expect(unsafe lstat(path, &info) == 0 && info.st_mode & 0o777 == 0o660)
                    #expect(info.st_uid == numbers.0 && info.st_gid == numbers.1)
                }
            }
        }

        @Test("A file that is no socket stays, and a path that is too long is refused")
        func refusesOtherFiles() throws {
            let path = "/tmp/interleaved-test-\(getpid()).txt"
            close(unsafe open(path, O_CREAT | O_WRONLY, 0o600))
            defer { unsafe unlink(path) }
            for host in [
                "unix:\(path)", "unix:relative", "unix:/" + String(repeating: "a", count: 108),
            ] {
                #expect(throws: SocketError.self, "\(host)") {
                    try withServer(configure: { $0.hosts = [host] }) { _, _ in }
                }
            }
            #expect(unsafe access(path, F_OK) == 0)
        }
    }
}
