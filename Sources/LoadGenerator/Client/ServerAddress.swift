package import Sockets

/// Where a daemon is: an `http` URL with a numeric host, or `localhost`.
package struct ServerAddress: Hashable, Sendable, CustomStringConvertible {
    /// Host and port.
    package let address: SocketAddress
    /// The value of the Host field.
    package let authority: String

    /// Why a text is no address.
    package struct Fault: Error, Hashable, Sendable, CustomStringConvertible {
        /// What is wrong.
        package let description: String
    }

    /// Reads a URL such as `http://127.0.0.1:8080`; a path after it must be `/`.
    ///
    /// - Throws: ``Fault``.
    package init(_ url: String) throws(Fault) {
        let scheme = "http://"
        guard url.lowercased().hasPrefix(scheme) else {
            throw Fault(description: "\(url): only http:// is spoken")
        }
        var authority = url.dropFirst(scheme.count)
        if authority.hasSuffix("/") { authority = authority.dropLast() }
        guard !authority.isEmpty, !authority.contains("/"), !authority.contains("@") else {
            throw Fault(description: "\(url): expected http://HOST:PORT")
        }
        var host = authority
        var port: UInt16 = 80
        // A colon within brackets belongs to an IPv6 address.
        if let colon = authority.lastIndex(of: ":"), !authority[colon...].contains("]") {
            guard let number = UInt16(authority[authority.index(after: colon)...]) else {
                throw Fault(description: "\(url): no port after the colon")
            }
            (host, port) = (authority[..<colon], number)
        }
        do throws(SocketError) {
            address = try SocketAddress(host: String(host), port: port)
        } catch {
            throw Fault(description: "\(url): the host must be a numeric address or localhost")
        }
        self.authority = String(authority)
    }

    /// The daemon on this machine that listens at an address; where it listens everywhere, it is asked on loopback.
    package init(listening address: SocketAddress) {
        switch address {
        case .ipv4(let bytes, let port) where bytes == SIMD4(repeating: 0):
            self.address = .ipv4(SIMD4(127, 0, 0, 1), port: port)
        case .ipv6(_, let port, let scope) where address.isAnyIPv6:
            var bytes = SIMD16<UInt8>(repeating: 0)
            bytes[15] = 1
            self.address = .ipv6(bytes, port: port, scope: scope)
        case .ipv4, .ipv6, .unix: self.address = address
        }
        if case .unix = address {
            authority = "localhost"
        } else {
            authority = "\(self.address)"
        }
    }

    package var description: String {
        if case .unix = address { "\(address)" } else { "http://\(authority)" }
    }
}
