import ArgumentParser
import HTTPServer
import TestSupport
import Testing

@testable import CommandLine

@Suite("Settings of connections")
struct ConnectionSettingTests {
    private func configuration(_ flags: [String: String]) throws -> DaemonConfiguration {
        try EffectiveSettings(file: nil, environment: [:], flags: flags).checked()
    }

    @Test("Several addresses come as a list, with commas or repeated")
    func readsHosts() throws {
        let hosts = ["::1", "127.0.0.1", "unix:/run/a.sock"]
        let flags = try SettingOptions.parse(hosts.flatMap { ["--host", $0] })
        #expect(flags.values["host"] == hosts.joined(separator: ","))
        #expect(try configuration(flags.values).server.hosts == hosts)
        #expect(
            try configuration(["host": "::1, 127.0.0.1,unix:/run/a.sock"]).server.hosts == hosts
        )
        let directory = try TemporaryDirectory()
        let text = "host: [\"::1\", 127.0.0.1, \"unix:/run/a.sock\"]\n"
        let file = try directory.write(Array(text.utf8), to: "hosts.yaml")
        let settings = EffectiveSettings(file: file, environment: [:], flags: [:])
        #expect(try settings.checked().server.hosts == hosts)
    }

    @Test(
        "What makes no sense is refused by the name of its setting",
        arguments: [
            (["host": "nowhere"], "--host"), (["host": "127.0.0.1,,::1"], "--host"),
            (["host": "unix:relative"], "--host"), (["socket_mode": "888"], "--socket-mode"),
            (["socket_mode": "1777"], "--socket-mode"), (["body_bytes": "1KiB"], "--body-bytes"),
            (["socket_owner": "no-such-user"], "--socket-owner"),
            (["socket_owner": "root:"], "--socket-owner"),
            (["body_bytes": "32MiB"], "max_body_bytes"),
            (["body_bytes": "64MiB", "max_body_bytes": "65MiB"], "max_body_bytes"),
            (["client_body_bytes": "32MiB"], "max_body_bytes"),
            (["answer_bytes": "0"], "--answer-bytes"), (["body_rate": "-1"], "--body-rate"),
            (["answer_rate": "2GiB"], "--answer-rate"), (["rate_grace": "0"], "--rate-grace"),
            (["drain_delay": "2h"], "--drain-delay"),
        ]
    )
    func refuses(_ flags: [String: String], _ words: String) throws {
        let error = #expect(throws: SettingFaults.self) { try configuration(flags) }
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
    }

    @Test("The budget of bodies grows with the largest body, unless it is set")
    func growsBudget() throws {
        #expect(try configuration(["max_body_bytes": "1GiB"]).server.bodyByteBudget == 1 << 30)
        #expect(try configuration([:]).server.bodyByteBudget == 256 << 20)
        let large = try configuration(["max_body_bytes": "200MiB"]).server
        #expect(large.clientBodyByteBudget == 200 << 20)
        #expect(try configuration([:]).server.clientBodyByteBudget == 128 << 20)
        let server = try configuration(["body_bytes": "64MiB", "socket_mode": "600"]).server
        #expect(server.bodyByteBudget == 64 << 20 && server.socketFileMode == 0o600)
        #expect(try configuration(["body_rate": "0", "drain_delay": "0s"]).drainDelay == .zero)
    }

    @Test("Connections that descriptors do not allow are given up, once and for all")
    func fitsConnections() throws {
        for (limit, count, spares) in [
            (20_000, 1024, 64), (1280, 1024, 64), (1279, 1023, 64), (1024, 768, 64), (256, 112, 56),
            (64, 16, 8), (48, 8, 4), (HTTPServer.Configuration.leastDescriptorCount, 1, 1),
        ] {
            var server = try configuration([:]).server
            #expect(server.descriptorCount == 1280)
            #expect(server.fitConnections(toDescriptorCount: limit) == (count < 1024))
            #expect(server.maximumConnectionCount == count)
            #expect(server.spareConnectionCount == spares)
        }
    }

    @Test("A maximum that so few descriptors allow stays, and leaves room for those beyond it")
    func fitsFewConnections() throws {
        var server = try configuration(["max_connections": "5"]).server
        #expect(server.fitConnections(toDescriptorCount: 48) == false)
        #expect(server.maximumConnectionCount == 5 && server.spareConnectionCount == 4)
    }
}
