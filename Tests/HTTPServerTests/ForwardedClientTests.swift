import HTTPWire
import Sockets
import TestSupport
import Testing

@testable import HTTPServer

@Suite("Clients behind proxies")
struct ForwardedClientTests {
    private func client(
        _ values: [String],
        field: ForwardingField = .xForwardedFor,
        peer: String = "10.0.0.1"
    ) throws -> String? {
        var fields = HeaderFields()
        for value in values { fields.append(field.rawValue, value) }
        let head = RequestHead(method: .get, target: "/", fields: fields)
        let forwarded = ForwardedClient(
            trusted: [try AddressRange("10.0.0.0/8"), try AddressRange("unix")],
            field: field
        )
        return forwarded.address(of: head, from: try SocketAddress(host: peer, port: 1))?.host
    }

    @Test(
        "Are the last address that is no proxy's",
        arguments: [
            (["1.2.3.4"], "1.2.3.4"), (["6.6.6.6, 1.2.3.4"], "1.2.3.4"),
            (["6.6.6.6", "1.2.3.4 ,10.0.0.2"], "1.2.3.4"), (["1.2.3.4:99"], "1.2.3.4"),
            (["2001:db8::1"], "2001:db8::1"), (["[2001:db8::1]:443"], "2001:db8::1"),
            (["::ffff:1.2.3.4"], "1.2.3.4"), ([], "10.0.0.1"), (["10.0.0.3"], "10.0.0.3"),
            ([", ,"], "10.0.0.1"),
        ]
    )
    func areFound(_ values: [String], _ expected: String) throws {
        #expect(try client(values) == expected)
    }

    @Test(
        "Are the proxy where it says nothing that is an address",
        arguments: [
            "unknown", "1.2.3.4, unknown", "1.2.3.4, 999.1.1.1", "1.2.3.4, [::1",
            "1.2.3.4, localhost",
            "1.2.3.4, unix:/a", "1.2.3.4, ::g", "1.2.3.4, 5.6.7.8:port00", "1.2.3.4, \"",
        ]
    )
    func areProxyOtherwise(_ value: String) throws {
        #expect(try client([value]) == "10.0.0.1")
    }

    @Test(
        "Are read from Forwarded as RFC 7239 writes it",
        arguments: [
            ("for=1.2.3.4", "1.2.3.4"), ("For=\"[2001:db8:cafe::17]:4711\"", "2001:db8:cafe::17"),
            ("for=6.6.6.6, for=1.2.3.4;proto=http;by=10.0.0.9", "1.2.3.4"),
            ("proto=https ; for=\"1.2.3.4:80\"", "1.2.3.4"),
            ("for=6.6.6.6, for=_hidden", "10.0.0.1"),
            ("for=6.6.6.6, proto=https", "10.0.0.1"), ("by=\"a,b\";for=1.2.3.4", "1.2.3.4"),
        ]
    )
    func readForwarded(_ value: String, _ expected: String) throws {
        #expect(try client([value], field: .forwarded) == expected)
    }

    @Test("Are not hidden by a quote that somebody before the proxy left open")
    func areNotHidden() throws {
        #expect(try client(["\", 1.2.3.4"]) == "1.2.3.4")
        #expect(try client(["for=\", for=1.2.3.4"], field: .forwarded) == "1.2.3.4")
        #expect(
            try client(["for=\"a", "for=\"[2001:db8::1]:80\""], field: .forwarded) == "2001:db8::1"
        )
    }

    @Test("Are who they are where nobody is trusted to say otherwise")
    func areThemselves() throws {
        #expect(try client(["1.2.3.4"], peer: "8.8.8.8") == "8.8.8.8")
        #expect(try client(["1.2.3.4"], peer: "unix:/a") == "1.2.3.4")
    }

    @Test("Are looked for in a bounded part of a long field")
    func areLookedForBriefly() throws {
        let many = (["1.2.3.4"] + Array(repeating: "10.0.0.2", count: 5_000)).joined(separator: ",")
        #expect(try client([many]) == "10.0.0.2")
    }
}
