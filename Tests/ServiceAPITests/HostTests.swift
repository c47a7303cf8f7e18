import TestSupport
import Testing

@testable import ServiceAPI

@Suite("Names under which the service is asked")
struct AllowedHostTests {
    @Test("A daemon of this machine alone is localhost and a local address, and nothing else")
    func local() {
        let hosts = AllowedHosts(names: [], isLocal: true)
        for host in [
            "localhost", "localhost:8080", "LocalHost", "localhost.", "127.0.0.1:1", "127.9.9.9",
            "[::1]", "[::1]:8080",
        ] {
            #expect(hosts.allows(host), "\(host)")
        }
        for host in [
            "", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "0.0.0.0",
            "192.168.0.1", "[::]", "[fe80::1]", "2130706433", "unix:/x", "localhost@evil.example",
        ] {
            #expect(!hosts.allows(host), "\(host)")
        }
    }

    @Test("A daemon that others reach is its numeric addresses and the names that were given")
    func named() {
        let hosts = AllowedHosts(names: ["Api.Example.org"], isLocal: false)
        for host in ["api.example.org", "api.example.org:443", "192.168.0.1:8080", "[fe80::1]"] {
            #expect(hosts.allows(host), "\(host)")
        }
        for host in ["example.org", "x.api.example.org", "evil.example"] {
            #expect(!hosts.allows(host), "\(host)")
        }
    }

    @Test("An asterisk allows every name")
    func all() { #expect(AllowedHosts.all.allows("evil.example")) }
}

extension ServiceTests {
    @Suite("Requests to other names, and from other pages")
    struct HostTests {
        private func exchange(
            _ service: TestService,
            _ target: String,
            _ host: String,
            _ fields: String = ""
        ) throws -> ReceivedResponse {
            try service.exchange("GET \(target) HTTP/1.1\r\nHost: \(host)\r\n\(fields)\r\n")
        }

        private func withLocalService(_ body: (TestService) throws -> Void) throws {
            try withService(
                configure: { $0.allowedHosts = AllowedHosts(names: [], isLocal: true) },
                body
            )
        }

        @Test("A name that was made to lead here is refused with the setting to change")
        func rebinding() throws {
            try withLocalService { service in
                for path in ["/v1/models", "/v1/engine", "/metrics", "/", "/openapi.yaml"] {
                    let refused = try exchange(service, path, "evil.example")
                    #expect(refused.status == 421, "\(path)")
                    let error = try refused.error()
                    #expect(error["code"] as? String == "host_not_allowed")
                    #expect((error["message"] as? String)?.contains("allowed_hosts") == true)
                    #expect(try exchange(service, path, "localhost").status == 200, "\(path)")
                }
            }
        }

        @Test("A target in absolute form counts as well")
        func absoluteForm() throws {
            try withLocalService { service in
                let foreign = try exchange(service, "http://evil.example/v1/models", "localhost")
                #expect(foreign.status == 421)
                let own = try exchange(service, "http://localhost/v1/models", "localhost")
                #expect(own.status == 200)
            }
        }

        @Test("Supervisors may ask by any name")
        func probes() throws {
            try withLocalService { service in
                let byAddress = try exchange(service, "/livez", "10.1.2.3:8080")
                let byName = try exchange(service, "/health", "pod-7.example")
                #expect(byAddress.status == 200 && byName.status == 200)
            }
        }

        @Test("Pages of elsewhere are refused on every route, the service's own are not")
        func origins() throws {
            try withService { service in
                for path in ["/v1/models", "/v1/engine", "/metrics"] {
                    let field = "Origin: https://evil.example\r\n"
                    let refused = try exchange(service, path, "localhost", field)
                    #expect(refused.status == 403, "\(path)")
                    #expect(try refused.error()["code"] as? String == "origin_not_allowed")
                }
                let own = "Origin: http://localhost:81\r\n"
                #expect(try exchange(service, "/v1/models", "localhost:81", own).status == 200)
                // Behind a proxy that changes Host the browser says what it knows.
                let proxied = "Origin: https://api.example\r\nSec-Fetch-Site: same-origin\r\n"
                #expect(try exchange(service, "/v1/models", "localhost", proxied).status == 200)
            }
        }
    }
}
