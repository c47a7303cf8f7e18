import Engine
import HTTPServer
import HTTPWire
import LoadGenerator
import Logging
import MMInterleaved
import Scheduling
import ServiceAPI

/// Everything that the daemon can be told; as it is made, all defaults.
struct DaemonConfiguration: Sendable {
    /// Model directory or file, or the name of a model that is installed.
    var model = ModelCatalog.defaultName
    /// Formats of the model's weights.
    var profile = FormatPolicy.Profile.f32
    var logLevel = Logger.Level.info
    var logFormat = LogFormat.text
    /// Who gets spans of requests.
    var collector: ServerAddress?
    /// File with the certificate of HTTPS and its chain; nil for HTTP.
    var tlsCertificate: String?
    /// File with its key.
    var tlsKey: String?
    /// How long to go on serving after the end was announced.
    var drainDelay = Duration.zero
    /// File of the keys that are asked for; nil where none are.
    var apiKeys: String?
    /// File of requests that outlive their connections; nil where they are kept in memory.
    var jobs: String?
    /// Whether others may reach a daemon that asks for no keys.
    var allowsUnauthenticated = false
    /// Names under which the daemon may be asked; empty leaves it to ``effectiveHosts``.
    var allowedHosts: [String] = []
    /// Memory that the daemon may take in all; nil for what there is.
    var memoryByteCount: Int?
    /// Names of the settings that nobody has set.
    var unsetNames: Set<String> = []
    var server = HTTPServer.Configuration()
    var engine = Engine.Configuration()
    var service = Service.Configuration()

    /// Largest body, for the server, which reads it, and the service, which tells of it.
    var maximumBodyByteCount: Int {
        get { service.limits.maximumBodyByteCount }
        set {
            service.limits.maximumBodyByteCount = newValue
            server.limits.maximumBodyByteCount = newValue
        }
    }

    /// Most bytes of a body that are none of JSON's: those of a picture in base64.
    var maximumInputByteCount: Int { maximumBodyByteCount / 4 * 3 }
}
