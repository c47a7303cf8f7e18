import ArgumentParser
import Glibc
import HTTPServer
import Sockets

/// Sockets that a service manager listens on and hands over, so that no connection is refused while the daemon is not
/// there.
///
/// Source: sd_listen_fds(3).
enum InheritedSockets {
    /// The first descriptor that is handed over.
    private static let first: Int32 = 3
    /// More sockets than anybody listens on are a mistake.
    private static let maximumCount: Int32 = 64

    /// The descriptors that were handed over to this process.
    ///
    /// - Parameters:
    ///   - environment: This process's.
    ///   - process: The number of this process.
    /// - Returns: Them; none where the variables are missing or those of another process.
    /// - Throws: `ValidationError` if their number is none.
    static func descriptors(
        _ environment: [String: String],
        process: Int32 = getpid()
    ) throws(ValidationError) -> [Int32] {
        guard let text = environment["LISTEN_FDS"], environment["LISTEN_PID"] == "\(process)" else {
            return []
        }
        guard let count = Int32(text), (0...maximumCount).contains(count) else {
            throw ValidationError(
                "LISTEN_FDS is \(text.debugDescription), and no number from 0 to \(maximumCount)"
            )
        }
        return (first..<first + count).map(\.self)
    }
}

extension DaemonConfiguration {
    /// Listens on sockets that were handed over, instead of where the settings say.
    ///
    /// - Parameter sockets: Their descriptors; where there are none, nothing changes.
    /// - Throws: `ValidationError` if one is of no use, or if others reach it and no key would be asked for.
    mutating func listen(onInherited sockets: [Int32]) throws(ValidationError) {
        guard !sockets.isEmpty else { return }
        var addresses: [SocketAddress] = []
        for socket in sockets {
            do throws(SocketError) {
                addresses.append(try ListeningSocket.address(inherited: socket))
            } catch {
                throw ValidationError("a socket of the service manager cannot be used: \(error)")
            }
        }
        server.inheritedSockets = sockets
        server.hosts = addresses.map(\.host)
        server.port = addresses.first { $0.port > 0 }?.port ?? 0
        if let (_, fault) = exposureFault {
            let places = addresses.map(\.description).joined(separator: ", ")
            throw ValidationError("the service manager's socket \(places) \(fault.detail)")
        }
    }
}
