import HTTPServer
import ServiceAPI
import Sockets

/// Who can reach the daemon, and what follows from it.
extension DaemonConfiguration {
    /// Addresses to listen on that others than this machine reach.
    var openHosts: [String] {
        server.hosts.filter { host in
            guard let address = try? SocketAddress(host: host, port: 0) else { return true }
            return !address.isLocal
        }
    }

    /// Whether connections are encrypted.
    var usesTLS: Bool { tlsCertificate != nil }

    /// The names under which it may be asked.
    var effectiveHosts: AllowedHosts {
        let isLocal = openHosts.isEmpty
        if allowedHosts.contains("*") { return .all }
        // Who must send a key to be answered is not protected by a name besides; a page of elsewhere has none to send.
        if allowedHosts.isEmpty, !isLocal, apiKeys != nil { return .all }
        // No browser reaches a socket's file, and what reaches it may call it anything.
        if allowedHosts.isEmpty, server.hosts.allSatisfy({ $0.hasPrefix("unix:") }) { return .all }
        return AllowedHosts(names: allowedHosts, isLocal: isLocal)
    }

    /// What is wrong with who can reach it, and the setting that says so; nil if nothing is.
    var exposureFault: (setting: String, fault: InvalidValue)? {
        if apiKeys != nil, allowsUnauthenticated {
            return (
                "allow_unauthenticated",
                InvalidValue("has no meaning where api_keys names a file: keys are asked for then")
            )
        }
        guard apiKeys == nil, !allowsUnauthenticated, !openHosts.isEmpty else { return nil }
        return (
            "host",
            InvalidValue(
                """
                is an address that others reach, and no key would be asked for. Either make keys (`interleaved key add --file \
                FILE --name NAME`) and set api_keys to FILE; or listen on localhost or unix:/path alone; or, where something \
                else keeps others out, set allow_unauthenticated to true
                """
            )
        )
    }

    /// What the operator should know about who can listen; nil for nothing.
    var exposureWarning: String? {
        guard apiKeys != nil, !openHosts.isEmpty, !usesTLS else { return nil }
        return """
            Keys and requests go unencrypted to \(openHosts.joined(separator: ", ")): whoever sees the network sees them, unless a \
            proxy of this machine or network encrypts for it.
            """
    }
}
