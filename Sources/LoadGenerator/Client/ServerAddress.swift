package import Sockets

/// Where a daemon is: an `http` or `https` URL, or a socket file.
package struct ServerAddress: Hashable, Sendable, CustomStringConvertible {
    /// What leads to it.
    private enum Place: Hashable {
        case address(SocketAddress)
        /// A name that is looked up with each connection, as its addresses may change.
        case name(String, port: UInt16)
    }

    private let place: Place
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
        if let address = try? SocketAddress(host: String(host), port: port) {
            place = .address(address)
        } else {
            guard Self.isName(host) else {
                throw Fault(description: "\(url): the host is neither an address nor a name")
            }
            place = .name(String(host), port: port)
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
        let reached: SocketAddress
        switch address {
        case .ipv4(let bytes, let port) where bytes == SIMD4(repeating: 0):
            reached = .ipv4(SIMD4(127, 0, 0, 1), port: port)
        case .ipv6(_, let port, let scope) where address.isAnyIPv6:
            var bytes = SIMD16<UInt8>(repeating: 0)
            bytes[15] = 1
            reached = .ipv6(bytes, port: port, scope: scope)
        case .ipv4, .ipv6, .unix: reached = address
        }
        place = .address(reached)
        if case .unix = address {
            (authority, host, self.isSecure) = ("localhost", "localhost", false)
        } else {
            (authority, host) = ("\(reached)", reached.host)
            self.isSecure = isSecure
        }
    }

    /// Where to connect to, one after the other until one answers.
    ///
    /// - Throws: `SocketError` if its name is not known.
    package func addresses() throws(SocketError) -> [SocketAddress] {
        switch place {
        case .address(let address): [address]
        case .name(let name, let port): try SocketAddress.lookUp(name, port: port)
        }
    }

    /// Whether a text may be a name: labels of letters, digits and hyphens with dots between them (RFC 1123 §2.1); underscores
    /// are seen, too.
    private static func isName(_ text: some StringProtocol) -> Bool {
        guard (1...253).contains(text.utf8.count) else { return false }
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        return labels.allSatisfy { label in
            (1...63).contains(label.utf8.count) && !label.hasPrefix("-")
                && label.utf8.allSatisfy { byte in
                    switch byte {
                    case UInt8(ascii: "a")...UInt8(ascii: "z"),
                        UInt8(ascii: "A")...UInt8(ascii: "Z"),
                        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                        true
                    default: false
                    }
                }
        }
    }

    package var description: String {
        if case .address(let address) = place, case .unix = address { return "\(address)" }
        return "\(isSecure ? "https" : "http")://\(authority)"
    }
}
