internal import Glibc
internal import Sockets

/// The addresses that a configuration asks for, each once.
struct ListeningPlan {
    private struct Place {
        let address: SocketAddress
        /// Whether it may be missing: a machine need not have both families.
        let isOptional: Bool
    }

    /// How often a free port is looked for that all addresses can share.
    private static let attemptCount = 16

    private let configuration: HTTPServer.Configuration
    private let places: [Place]
    private let takesBothFamilies: Bool

    /// - Throws: `SocketError` if a host is no address.
    init(_ configuration: HTTPServer.Configuration) throws(SocketError) {
        self.configuration = configuration
        var places: [Place] = []
        for host in configuration.hosts {
            let names = host == "localhost" ? ["127.0.0.1", "::1"] : [host]
            for name in names {
                let address = try SocketAddress(host: name, port: configuration.port)
                guard !places.contains(where: { $0.address == address }) else { continue }
                places.append(Place(address: address, isOptional: names.count > 1))
            }
        }
        self.places = places
        // Who names both wildcards wants two sockets; one that takes both families would be in the other's way.
        takesBothFamilies = !configuration.hosts.contains("0.0.0.0")
    }

    /// Listens on every address, on the same port.
    ///
    /// - Throws: `SocketError` if one cannot be listened on; what had been begun is ended.
    func listen<Listener>(
        _ body: (consuming ListeningSocket) -> Listener
    ) throws(SocketError) -> [Listener] {
        guard configuration.inheritedSockets.isEmpty else { return try takeOver(body) }
        for _ in 1..<Self.attemptCount {
            do throws(SocketError) {
                return try attempt(body)
            } catch {
                // The port that the system chose for one address may be taken at the next.
                guard configuration.port == 0, error.code == EADDRINUSE, places.count > 1 else {
                    throw error
                }
            }
        }
        return try attempt(body)
    }

    /// Listens on the sockets that were handed over.
    private func takeOver<Listener>(
        _ body: (consuming ListeningSocket) -> Listener
    ) throws(SocketError) -> [Listener] {
        var listeners: [Listener] = []
        for number in configuration.inheritedSockets {
            let listener = try ListeningSocket(
                inherited: number,
                sendBufferByteCount: configuration.sendBufferByteCount
            )
            listeners.append(body(listener))
        }
        return listeners
    }

    private func attempt<Listener>(
        _ body: (consuming ListeningSocket) -> Listener
    ) throws(SocketError) -> [Listener] {
        var listeners: [Listener] = []
        var port = configuration.port
        var missing: SocketError?
        for place in places {
            do throws(SocketError) {
                let address = place.address.with(port: port)
                let listener = try ListeningSocket(
                    address: address,
                    takesBothFamilies: takesBothFamilies && address.isAnyIPv6,
                    fileMode: configuration.socketFileMode,
                    fileOwner: configuration.socketFileOwner,
                    backlog: configuration.backlog,
                    sendBufferByteCount: configuration.sendBufferByteCount
                )
                if listener.address.port > 0 { port = listener.address.port }
                listeners.append(body(listener))
            } catch {
                let isFamilyMissing = error.code == EADDRNOTAVAIL || error.code == EAFNOSUPPORT
                guard place.isOptional, isFamilyMissing else { throw error }
                missing = error
            }
        }
        if listeners.isEmpty, let missing { throw missing }
        return listeners
    }
}
