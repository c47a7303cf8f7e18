import Sockets
import Testing

@Suite("Ranges of addresses")
struct AddressRangeTests {
    private static func address(_ host: String) throws -> SocketAddress {
        try SocketAddress(host: host, port: 80)
    }

    @Test(
        "Hold the addresses that begin with the same bits",
        arguments: [
            ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.1", false),
            ("192.168.4.0/22", "192.168.7.255", true), ("192.168.4.0/22", "192.168.8.0", false),
            ("10.1.2.3", "10.1.2.3", true), ("10.1.2.3", "10.1.2.4", false),
            ("0.0.0.0/0", "8.8.8.8", true), ("0.0.0.0/0", "::1", false),
            ("2001:db8::/32", "2001:db8:ffff::1", true),
            ("2001:db8::/33", "2001:db8:ffff::1", false),
            ("::/0", "127.0.0.1", false), ("unix", "unix:/a", true), ("unix", "127.0.0.1", false),
        ]
    )
    func contains(_ range: String, _ host: String, _ isIn: Bool) throws {
        let range = try AddressRange(range)
        #expect(range.contains(try Self.address(host)) == isIn)
        #expect(try AddressRange(range.description) == range)
    }

    @Test(
        "Are refused where it is not clear what is meant",
        arguments: [
            "", "10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/", "10.0.0/8",
            "localhost", "example.org", "::1/64", "unix:/a", "10.0.0.0/8/8",
        ]
    )
    func refuses(_ text: String) {
        #expect(throws: SocketError.self) { try AddressRange(text) }
    }

    @Test("A range of IPv4 within IPv6 is that of IPv4")
    func mapped() throws {
        let range = try AddressRange("::ffff:127.0.0.0/104")
        #expect(range.contains(try SocketAddress(host: "127.1.2.3", port: 1)))
        #expect(!range.contains(try SocketAddress(host: "126.0.0.1", port: 1)))
        #expect(range.description == "127.0.0.0/8")
    }
}
