internal import Sockets

/// Who shares a fate when room is short: an IPv4 address, or the network of an IPv6 address that one client owns.
struct ClientIdentity: Hashable, Comparable {
    private let bytes: [UInt8]

    /// Nil for clients on this machine, which may well be a proxy that speaks for many.
    init?(_ address: SocketAddress?) {
        guard let address, !address.isLocal else { return nil }
        switch address {
        case .ipv4(let bytes, _): self.bytes = bytes.indices.map { bytes[$0] }
        case .ipv6(let bytes, _, _): self.bytes = bytes.indices.prefix(8).map { bytes[$0] }
        case .unix: return nil
        }
    }

    static func < (first: Self, second: Self) -> Bool {
        first.bytes.lexicographicallyPrecedes(second.bytes)
    }
}
