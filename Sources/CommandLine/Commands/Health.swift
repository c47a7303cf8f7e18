import ArgumentParser
import HTTPServer
import JSON
import LoadGenerator
import Sockets

/// Asks a daemon how it is.
struct Health: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Ask a daemon whether it is ready, or alive.",
        discussion: """
            The health check of an image without a shell. Without --url the daemon is looked for where `interleaved serve` \
            with the same file, environment and flags listens. The exit status is 0 if it is ready (with --live: if it \
            is alive), and 1 with a line that says why if not. Health checks need no key.

            The certificate of the daemon of the settings is not checked: it is this machine's own, is told nothing, and may \
            well have no certificate for the address that it is asked by. That of --url is.
            """
    )

    @Option(
        help: "The daemon's address, such as http://127.0.0.1:8080. (default: that of the settings)"
    )
    var url: String?

    @Flag(
        help:
            "Ask whether it is alive, as against ready: loading and draining are no reason to restart it."
    )
    var live = false

    @Option(help: "Seconds after which it counts as not answering.")
    var timeout = 5.0

    @OptionGroup var client: ClientOptions

    @OptionGroup var settings: SettingOptions

    func validate() throws {
        try require("--timeout", timeout, in: 0.001...3600)
        if url != nil, !settings.values.isEmpty {
            throw ValidationError("--url goes without settings, which tell where a daemon listens")
        }
        try client.check(url)
    }

    func run() throws {
        let client = try url.map { try self.client.client(of: $0) } ?? configuredDaemon()
        let server = client.server
        let path = live ? "/livez" : "/readyz"
        var document: [UInt8] = []
        let answer: HTTPClient.Answer
        do {
            answer = try client.exchange(
                "GET",
                path,
                deadline: .now.advanced(by: .seconds(timeout))
            ) { piece, _, _ in document += piece.prefix(Self.maximumByteCount - document.count) }
        } catch let fault as HTTPClient.Fault {
            throw CommandError(fault.description)
        }
        let status = Self.status(document)
        guard answer.status == 200 else {
            throw CommandError("\(server)\(path): \(answer.status) \(status)")
        }
        print("\(server)\(path): \(status)")
    }

    /// A client of the daemon of the settings, where it listens: of several addresses at the first.
    private func configuredDaemon() throws -> HTTPClient {
        let configuration: DaemonConfiguration
        do throws(SettingFaults) {
            configuration = try settings.effective.checked()
        } catch {
            throw ValidationError(error.description)
        }
        guard let host = configuration.server.hosts.first else {
            throw CommandError("the settings name no address to listen on")
        }
        do {
            let server = ServerAddress(
                listening: try SocketAddress(host: host, port: configuration.server.port),
                isSecure: configuration.usesTLS
            )
            return HTTPClient(
                server,
                tls: server.isSecure ? try TLSContext.client(verifies: false) : nil
            )
        } catch {
            throw CommandError("\(host): \(error)")
        }
    }

    private struct Document: Decodable {
        let status: String
        let progress: Double?
    }

    private struct Refusal: Decodable {
        struct Fault: Decodable { let message: String }
        let error: Fault
    }

    /// What a health document says, and how much of the model is there, or why there is none; nothing that a terminal
    /// would act on.
    private static func status(_ bytes: [UInt8]) -> String {
        guard let node = try? JSONParser.parse(bytes) else { return "" }
        if let refusal: Refusal = try? node.decode() {
            return LogStream.plain(refusal.error.message)
        }
        guard let document: Document = try? node.decode() else { return "" }
        let percent = document.progress.flatMap { Int(exactly: ($0 * 100).rounded(.down)) }
        return LogStream.plain(document.status) + (percent.map { ", \($0) %" } ?? "")
    }

    /// Health documents have some hundred bytes.
    private static let maximumByteCount = 64 * 1024
}
