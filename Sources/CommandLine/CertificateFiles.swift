import Files
import Logging
import Sockets

/// The files with the daemon's certificate and its key, as the settings name them.
struct CertificateFiles {
    private let certificate: String
    private let key: String

    /// Far above any chain.
    private static let maximumByteCount = 1 << 20

    /// Nil if the daemon speaks plain HTTP.
    init?(_ configuration: DaemonConfiguration) {
        guard let certificate = configuration.tlsCertificate, let key = configuration.tlsKey else {
            return nil
        }
        (self.certificate, self.key) = (certificate, key)
    }

    /// Reads both, and checks that they belong together; what an operator should know goes to the log.
    ///
    /// - Throws: ``CommandError`` that names the file and what is wrong with it.
    func load(_ logger: Logger) throws(CommandError) -> TLSContext {
        let (certificates, keys) = (try read(certificate), try read(key))
        do throws(TLSError) {
            let context = try TLSContext(certificates: certificates, key: keys)
            for warning in context.warnings { logger.warning("\(certificate): \(warning).") }
            return context
        } catch {
            let path =
                switch error.subject {
                case .certificate: "\(certificate) "
                case .key: "\(key) "
                case .peer, .library: "TLS "
                }
            throw CommandError(path + error.detail)
        }
    }

    private func read(_ path: String) throws(CommandError) -> [UInt8] {
        do throws(FileError) {
            return try File.read(path, maximumByteCount: Self.maximumByteCount, mayBePipe: true)
        } catch {
            throw CommandError("\(error)")
        }
    }
}
