import ArgumentParser
import Foundation
import HTTPServer
import Testing

@testable import CommandLine

@Suite("Settings of connections")
struct ConnectionSettingTests {
    private func configuration(_ flags: [Setting: String]) throws -> DaemonConfiguration {
        var flags = flags
        flags[.model] = "/"
        return try DaemonConfiguration(SettingLayers(file: nil, environment: [:], flags: flags))
    }

    @Test("Several addresses come as a list, with commas or repeated")
    func readsHosts() throws {
        let hosts = ["::1", "127.0.0.1", "unix:/run/a.sock"]
        let flags = try SettingFlags.parse(hosts.flatMap { ["--host", $0] })
        #expect(flags.values[.host] == hosts.joined(separator: ","))
        #expect(try configuration(flags.values).server.hosts == hosts)
        #expect(try configuration([.host: "::1, 127.0.0.1,unix:/run/a.sock"]).server.hosts == hosts)
        let file = FileManager.default.temporaryDirectory.appending(path: "hosts-\(UUID()).yaml")
        try Data("host: [\"::1\", 127.0.0.1, \"unix:/run/a.sock\"]\nmodel: /\n".utf8).write(
            to: file
        )
        defer { try? FileManager.default.removeItem(at: file) }
        let layers = try SettingLayers(file: file.path, environment: [:], flags: [:])
        #expect(try DaemonConfiguration(layers).server.hosts == hosts)
    }

    @Test(
        "What makes no sense is refused by the name of its setting",
        arguments: [
            ([Setting.host: "nowhere"], "--host"), ([.host: "127.0.0.1,,::1"], "--host"),
            ([.host: "unix:relative"], "--host"), ([.socketMode: "888"], "--socket-mode"),
            ([.socketMode: "1777"], "--socket-mode"), ([.bodyBytes: "1KiB"], "--body-bytes"),
            ([.bodyBytes: "32MiB"], "max_body_bytes"),
            ([.bodyBytes: "64MiB", .maxBodyBytes: "65MiB"], "max_body_bytes"),
            ([.answerBytes: "0"], "--answer-bytes"), ([.bodyRate: "-1"], "--body-rate"),
            ([.answerRate: "2GiB"], "--answer-rate"), ([.rateGrace: "0"], "--rate-grace"),
            ([.drainDelay: "2h"], "--drain-delay"),
        ]
    )
    func refuses(_ flags: [Setting: String], _ words: String) throws {
        let error = #expect(throws: ValidationError.self) { try configuration(flags) }
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
    }

    @Test("The budget of bodies grows with the largest body, unless it is set")
    func growsBudget() throws {
        #expect(try configuration([.maxBodyBytes: "1GiB"]).server.bodyByteBudget == 1 << 30)
        #expect(try configuration([:]).server.bodyByteBudget == 256 << 20)
        let server = try configuration([.bodyBytes: "64MiB", .socketMode: "600"]).server
        #expect(server.bodyByteBudget == 64 << 20 && server.socketFileMode == 0o600)
        #expect(try configuration([.bodyRate: "0", .drainDelay: "0s"]).drainDelay == .zero)
    }

    @Test("Connections that descriptors do not allow are given up, once and for all")
    func fitsConnections() throws {
        for (limit, count) in [
            (20_000, 1024), (1280, 1024), (1279, 1023), (1024, 768), (64, 32), (1, 1),
        ] {
            var server = try configuration([:]).server
            #expect(server.fitConnections(toDescriptorCount: limit) == (count < 1024))
            #expect(server.maximumConnectionCount == count)
        }
    }
}
