package import Sockets

/// Where a daemon is: an `http` or `https` URL with a numeric host, or `localhost`.
package struct ServerAddress: Hashable, Sendable, CustomStringConvertible {
    /// Host and port.
    package let address: SocketAddress
    /// The value of the Host field.
    package let authority: String
    /// Whether TLS is spoken.
    package let isSecure: Bool
    /// The host alone, as it was written: whose certificate the server must have.
    let host: String

    /// Why a text is no address.
    package struct Fault: Error, Hashable, Sendable, CustomStringConvertible {
        /// What is wrong.
        package let description: String
    }

    /// Reads a URL such as `http://127.0.0.1:8080`; a path after it must be `/`.
    ///
    /// - Throws: ``Fault``.
    package init(_ url: String) throws(Fault) {
        let schemes = ["http://", "https://"]
        guard let scheme = schemes.first(where: { url.lowercased().hasPrefix($0) }) else {
            throw Fault(description: "\(url): only http:// and https:// are spoken")
        }
        isSecure = scheme == "https://"
        var authority = url.dropFirst(scheme.count)
        if authority.hasSuffix("/") { authority = authority.dropLast() }
        guard !authority.isEmpty, !authority.contains("/"), !authority.contains("@") else {
            throw Fault(description: "\(url): expected \(scheme)HOST:PORT")
        }
        var host = authority
        var port: UInt16 = isSecure ? 443 : 80
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
        self.host = String(host.trimmingPrefix("[")).replacing("]", with: "")
    }

    /// The daemon on this machine that listens at an address; where it listens everywhere, it is asked on loopback.
    ///
    /// - Parameters:
    ///   - address: Where it listens.
    ///   - isSecure: Whether TLS is spoken there; socket files are plain in any case.
    package init(listening address: SocketAddress, isSecure: Bool) {
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
            (authority, host, self.isSecure) = ("localhost", "localhost", false)
        } else {
            (authority, host) = ("\(self.address)", self.address.host)
            self.isSecure = isSecure
        }
    }

    package var description: String {
        if case .unix = address { return "\(address)" }
        return "\(isSecure ? "https" : "http")://\(authority)"
    }
}
