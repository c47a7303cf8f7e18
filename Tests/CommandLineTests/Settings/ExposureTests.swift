import ServiceAPI
import Testing

@testable import CommandLine

@Suite("Who can reach a daemon")
struct ExposureTests {
    private func configuration(_ flags: [String: String]) throws -> DaemonConfiguration {
        try EffectiveSettings(file: nil, environment: [:], flags: flags).checked()
    }

    @Test(
        "Without keys only this machine is listened to, and the error names the three ways out",
        arguments: ["0.0.0.0", "::", "192.168.0.1", "127.0.0.1,10.0.0.1"]
    )
    func refuses(host: String) {
        let error = #expect(throws: SettingFaults.self) { try configuration(["host": host]) }
        let text = error?.description ?? ""
        #expect(text.hasPrefix("--host: \"\(host)\" is an address that others reach"))
        for way in ["interleaved key add", "localhost or unix:/path", "allow_unauthenticated"] {
            #expect(text.contains(way))
        }
    }

    @Test("This machine, a socket's file, keys or the operator's word are enough")
    func takes() throws {
        for host in ["127.0.0.1", "localhost", "::1", "unix:/run/a.sock", "127.0.0.1,::1"] {
            _ = try configuration(["host": host])
        }
        _ = try configuration(["host": "0.0.0.0", "allow_unauthenticated": "true"])
        let keyed = try configuration(["host": "0.0.0.0", "api_keys": "/keys"])
        #expect(keyed.apiKeys == "/keys")
    }

    @Test("Keys are asked for or not: both at once is refused")
    func contradiction() {
        let flags = ["api_keys": "/keys", "allow_unauthenticated": "true"]
        let error = #expect(throws: SettingFaults.self) { try configuration(flags) }
        #expect(error?.description.hasPrefix("--allow-unauthenticated: \"true\"") == true)
    }

    @Test("Keys that go unencrypted over a network are worth a warning, others are not")
    func warns() throws {
        let open = try configuration(["host": "0.0.0.0", "api_keys": "/keys"])
        #expect(open.exposureWarning?.contains("unencrypted to 0.0.0.0") == true)
        #expect(try configuration(["api_keys": "/keys"]).exposureWarning == nil)
    }

    @Test("Names that are not given are those of this machine, or any where keys are asked for")
    func hosts() throws {
        func hosts(_ flags: [String: String]) throws -> AllowedHosts {
            try configuration(flags).effectiveHosts
        }
        let local = AllowedHosts(names: [], isLocal: true)
        #expect(try hosts([:]) == local)
        #expect(try hosts(["api_keys": "/keys"]) == local)
        #expect(try hosts(["host": "unix:/run/a.sock"]) == .all)
        #expect(try hosts(["host": "0.0.0.0", "api_keys": "/keys"]) == .all)
        #expect(
            try hosts(["host": "0.0.0.0", "allow_unauthenticated": "true"])
                == AllowedHosts(names: [], isLocal: false)
        )
        #expect(
            try hosts(["allowed_hosts": "api.example.org"])
                == AllowedHosts(names: ["api.example.org"], isLocal: true)
        )
        #expect(try hosts(["allowed_hosts": "*"]) == .all)
    }

    @Test(
        "A name of a host has no port, path or scheme",
        arguments: [
            "a.example:80", "https://a.example", "a/b", "", "a.example,,b.example", "a b",
        ]
    )
    func names(text: String) {
        #expect(throws: SettingFaults.self) { try configuration(["allowed_hosts": text]) }
    }
}
