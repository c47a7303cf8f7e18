import ArgumentParser
import Files
import Foundation
import LoadGenerator
import Sockets

/// How the daemon at `--url` is asked: with which key, and whose certificate it must have.
struct ClientOptions: ParsableArguments {
    /// The variable with the key, where no file is named.
    static let keyVariable = "INTERLEAVED_KEY"

    @Option(
        help: """
            File with the key that the daemon at --url asks for, or - for standard input. Without it the variable \
            \(keyVariable) counts, if it is set. There is no flag with the key itself: all users of a machine see \
            arguments.
            """
    )
    var keyFile: String?

    @Option(
        help: """
            File with certificates, in PEM form, of authorities to trust for https:// besides those that this machine trusts.
            """
    )
    var caCertificate: String?

    @Flag(help: "Take any certificate for https://. Whoever answers is believed, and gets no key.")
    var insecure = false

    func validate() throws {
        guard insecure else { return }
        try refuse(
            ["--key-file": keyFile, "--ca-certificate": caCertificate],
            "goes without --insecure: anybody could answer"
        )
    }

    /// Refuses flags that have no say for an address, or where there is none.
    ///
    /// - Throws: `ValidationError`, also if the address is none.
    func check(_ url: String?) throws {
        guard let url else {
            return try refuse(
                [
                    "--key-file": keyFile, "--ca-certificate": caCertificate,
                    "--insecure": insecure,
                ],
                "has no meaning without --url"
            )
        }
        guard try !ServerAddress(flag: url).isSecure else { return }
        try refuse(
            ["--ca-certificate": caCertificate, "--insecure": insecure],
            "has no meaning for http://"
        )
    }

    /// A client of the daemon at an address.
    ///
    /// - Throws: `ValidationError` about the address, ``CommandError`` about a file or the variable.
    func client(of url: String) throws -> HTTPClient {
        let server = try ServerAddress(flag: url)
        return HTTPClient(
            server,
            key: try insecure ? nil : key(),
            tls: server.isSecure ? try tls() : nil
        )
    }

    // MARK: - Files

    /// Far above any chain of certificates.
    private static let maximumByteCount = 1 << 20
    /// Far above any key.
    private static let maximumKeyByteCount = 4096

    private func key() throws(CommandError) -> String? {
        let (source, text): (String, String)
        if let keyFile {
            source = keyFile
            let bytes = try Self.read(keyFile, Self.maximumKeyByteCount)
            text = String(decoding: bytes, as: UTF8.self)
        } else if let value = ProcessInfo.processInfo.environment[Self.keyVariable], !value.isEmpty
        {
            (source, text) = (Self.keyVariable, value)
        } else {
            return nil
        }
        let key = text.trimmingCharacters(in: .whitespacesAndNewlines)
        // It becomes a part of a header field; what is wrong with it is nobody's to read.
        guard !key.isEmpty, key.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw CommandError("\(source) has no key: a single word of visible ASCII characters")
        }
        return key
    }

    private func tls() throws(CommandError) -> TLSContext? {
        do throws(TLSError) {
            if insecure { return try TLSContext.client(verifies: false) }
        } catch {
            throw CommandError("TLS \(error.detail)")
        }
        guard let caCertificate else { return nil }
        let certificates = try Self.read(caCertificate, Self.maximumByteCount)
        do throws(TLSError) {
            let context = try TLSContext.client()
            try context.trust(certificates: certificates)
            return context
        } catch {
            throw CommandError("\(caCertificate) \(error.detail)")
        }
    }

    private static func read(
        _ path: String,
        _ maximumByteCount: Int
    ) throws(CommandError) -> [UInt8] {
        do throws(FileError) {
            return try File.read(path, maximumByteCount: maximumByteCount, mayBePipe: true)
        } catch {
            throw CommandError("\(error)")
        }
    }
}

extension ServerAddress {
    /// Reads the value of `--url`.
    ///
    /// - Throws: `ValidationError`.
    init(flag url: String) throws {
        do throws(Fault) {
            try self.init(url)
        } catch {
            throw ValidationError("--url: \(error)")
        }
    }
}

extension HTTPClient {
    /// Asks whether a daemon is there and has its model.
    ///
    /// - Throws: `HTTPClient.Fault`.
    func requireReady() throws { _ = try get("/readyz") }
}
