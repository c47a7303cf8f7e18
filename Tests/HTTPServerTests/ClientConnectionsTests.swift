import Sockets
import Testing

@testable import HTTPServer

@Suite("Connections of one client")
struct ClientConnectionsTests {
    private func address(_ host: String) throws -> SocketAddress {
        try SocketAddress(host: host, port: 1)
    }

    private func connections(_ maximum: Int) throws -> ClientConnections {
        var configuration = HTTPServer.Configuration()
        configuration.maximumClientConnectionCount = maximum
        configuration.trustedProxies = [try AddressRange("10.0.0.0/8")]
        return ClientConnections(configuration)
    }

    @Test("Are too many beyond the limit, and no more when some have gone")
    func areLimited() throws {
        let connections = try connections(2)
        let (one, other) = (try address("1.2.3.4"), try address("1.2.3.5"))
        #expect(!connections.joined(one) && !connections.joined(one))
        #expect(connections.joined(one))
        #expect(!connections.joined(other), "another client has its own")
        connections.left(one)
        connections.left(one)
        #expect(!connections.joined(one))
    }

    @Test("Are those of a network where addresses are many")
    func areThoseOfNetwork() throws {
        let connections = try connections(1)
        #expect(!connections.joined(try address("2001:db8::1")))
        #expect(connections.joined(try address("2001:db8::2")))
        #expect(!connections.joined(try address("2001:db8:0:1::2")))
    }

    @Test(
        "Are not limited on this machine and of proxies",
        arguments: ["127.0.0.1", "::1", "10.1.2.3", "unix:/a"]
    )
    func areFree(_ host: String) throws {
        let connections = try connections(1)
        for _ in 0..<9 { #expect(!connections.joined(try address(host))) }
    }
}
