internal import CLinux
internal import Glibc

/// Where a socket listens or who is at its other end.
package enum SocketAddress: Hashable, Sendable {
    /// Four bytes in network order and a port.
    case ipv4(SIMD4<UInt8>, port: UInt16)
    /// Sixteen bytes in network order, a port, and the interface of a link-local address (0 = none).
    case ipv6(SIMD16<UInt8>, port: UInt16, scope: UInt32)
    /// A file on this machine; empty for the other end, which has no name.
    case unix(String)

    /// Longest path of a UNIX socket; the system's structure has room for this much and a zero (unix(7)).
    package static let maximumPathByteCount = 107

    /// Reads a numeric address, `localhost`, which is 127.0.0.1, or `unix:` and a path.
    ///
    /// Names are not looked up: a daemon should listen where its configuration says, not where a resolver does.
    /// An IPv6 address may stand in brackets and carry no scope.
    ///
    /// - Throws: ``SocketError`` with code EINVAL if the host is no address.
    package init(host: String, port: UInt16) throws(SocketError) {
        if host.hasPrefix("unix:") {
            let path = host.dropFirst(5)
            guard path.hasPrefix("/"), path.utf8.count <= Self.maximumPathByteCount,
                !path.utf8.contains(0)
            else {
                throw SocketError(operation: "parse address \(host.debugDescription)", code: EINVAL)
            }
            self = .unix(String(path))
            return
        }
        var bare = host
        if bare == "localhost" { bare = "127.0.0.1" }
        if bare.hasPrefix("["), bare.hasSuffix("]") { bare = String(bare.dropFirst().dropLast()) }
        var version4 = in_addr()
        var version6 = in6_addr()
        if unsafe inet_pton(AF_INET, bare, &version4) == 1 {
            self = .ipv4(unsafe unsafeBitCast(version4, to: SIMD4<UInt8>.self), port: port)
        } else if unsafe inet_pton(AF_INET6, bare, &version6) == 1 {
            let bytes = unsafe withUnsafeBytes(of: version6) {
                unsafe $0.loadUnaligned(as: SIMD16<UInt8>.self)
            }
            self = .ipv6(bytes, port: port, scope: 0)
        } else {
            throw SocketError(operation: "parse address \(host.debugDescription)", code: EINVAL)
        }
    }

    /// The port; 0 for a UNIX socket.
    package var port: UInt16 {
        switch self {
        case .ipv4(_, let port), .ipv6(_, let port, _): port
        case .unix: 0
        }
    }

    /// The same address with another port; a UNIX socket has none.
    package func with(port: UInt16) -> SocketAddress {
        switch self {
        case .ipv4(let bytes, _): .ipv4(bytes, port: port)
        case .ipv6(let bytes, _, let scope): .ipv6(bytes, port: port, scope: scope)
        case .unix: self
        }
    }

    /// Whether it stands for all addresses of IPv6.
    package var isAnyIPv6: Bool {
        if case .ipv6(let bytes, _, _) = self { return bytes == SIMD16(repeating: 0) }
        return false
    }

    /// Whether it can only be reached from this machine.
    package var isLocal: Bool {
        switch self {
        case .ipv4(let bytes, _): bytes[0] == 127
        case .ipv6(let bytes, _, _): bytes == SIMD16(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)
        case .unix: true
        }
    }

    /// The address without its port, as people write it.
    package var host: String {
        var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        switch self {
        case .ipv4(let bytes, _):
            return bytes.indices.map { String(bytes[$0]) }.joined(separator: ".")
        case .ipv6(let bytes, _, _):
            unsafe withUnsafeBytes(of: bytes) { bytes in
                let length = socklen_t(INET6_ADDRSTRLEN)
                _ = unsafe inet_ntop(AF_INET6, bytes.baseAddress, &buffer, length)
            }
            let text = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            return String(decoding: text, as: UTF8.self)
        case .unix(let path):
            return "unix:\(path)"
        }
    }

    /// The bytes of an IP address in network order; nil for a UNIX socket.
    var bytes: [UInt8]? {
        switch self {
        case .ipv4(let bytes, _): bytes.indices.map { bytes[$0] }
        case .ipv6(let bytes, _, _): bytes.indices.map { bytes[$0] }
        case .unix: nil
        }
    }

    /// An address without a port from four or sixteen bytes; nil for other numbers of them.
    init?(bytes: [UInt8]) {
        switch bytes.count {
        case 4: self = .ipv4(SIMD4(bytes), port: 0)
        case 16: self = .ipv6(SIMD16(bytes), port: 0, scope: 0)
        default: return nil
        }
    }

    /// The same address, but the IPv4 address that one of IPv6 stands for (RFC 4291 §2.5.5.2).
    package var unmapped: SocketAddress {
        guard case .ipv6(let bytes, let port, _) = self, bytes.lowHalf == SIMD8(repeating: 0),
            bytes.highHalf.lowHalf == SIMD4(0, 0, 0xFF, 0xFF)
        else { return self }
        return .ipv4(bytes.highHalf.highHalf, port: port)
    }

    var family: Int32 {
        switch self {
        case .ipv4: AF_INET
        case .ipv6: AF_INET6
        case .unix: AF_UNIX
        }
    }
}

extension SocketAddress: CustomStringConvertible {
    package var description: String {
        switch self {
        case .ipv4: "\(host):\(port)"
        case .ipv6: "[\(host)]:\(port)"
        case .unix: host
        }
    }
}

// MARK: - The system's form

extension SocketAddress {
    /// Lends the address in the system's form, for the duration of the call.
    func withSystemAddress<Result>(
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        switch self {
        case .ipv4(let bytes, let port):
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr = unsafe unsafeBitCast(bytes, to: in_addr.self)
            return unsafe lend(&address, body)
        case .ipv6(let bytes, let port, let scope):
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port.bigEndian
            address.sin6_scope_id = scope
            unsafe withUnsafeMutableBytes(of: &address.sin6_addr) {
                unsafe $0.storeBytes(of: bytes, as: SIMD16<UInt8>.self)
            }
            return unsafe lend(&address, body)
        case .unix(let path):
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            // The path's bytes and the zero behind them, as `maximumPathByteCount` leaves room for it.
            unsafe withUnsafeMutableBytes(of: &address.sun_path) { bytes in
                for (index, byte) in path.utf8.prefix(Self.maximumPathByteCount).enumerated() {
                    unsafe bytes[index] = byte
                }
            }
            return unsafe lend(&address, body)
        }
    }

    /// Reads the system's form; nil for other families.
    init?(_ storage: sockaddr_storage) {
        switch Int32(storage.ss_family) {
        case AF_INET:
            let address = unsafe withUnsafeBytes(of: storage) {
                unsafe $0.load(as: sockaddr_in.self)
            }
            self = .ipv4(
                unsafe unsafeBitCast(address.sin_addr, to: SIMD4<UInt8>.self),
                port: UInt16(bigEndian: address.sin_port)
            )
        case AF_INET6:
            let address = unsafe withUnsafeBytes(of: storage) {
                unsafe $0.load(as: sockaddr_in6.self)
            }
            let bytes = unsafe withUnsafeBytes(of: address.sin6_addr) {
                unsafe $0.loadUnaligned(as: SIMD16<UInt8>.self)
            }
            let port = UInt16(bigEndian: address.sin6_port)
            self = SocketAddress.ipv6(bytes, port: port, scope: address.sin6_scope_id).unmapped
        case AF_UNIX:
            self = .unix("")
        default:
            return nil
        }
    }
}

extension SocketAddress {
    /// Reads where a socket listens; nil for other families, and for a UNIX socket without a file: those have no permissions.
    init?(listening storage: sockaddr_storage) {
        guard Int32(storage.ss_family) == AF_UNIX else {
            self.init(storage)
            return
        }
        let path = unsafe withUnsafeBytes(of: storage) { bytes in
            unsafe Array(bytes.dropFirst(MemoryLayout<sa_family_t>.size).prefix { $0 != 0 })
        }
        guard path.first == UInt8(ascii: "/"), path.count <= Self.maximumPathByteCount else {
            return nil
        }
        self = .unix(String(decoding: path, as: UTF8.self))
    }
}

private func lend<Address, Result>(
    _ address: inout Address,
    _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
) -> Result {
    unsafe withUnsafePointer(to: &address) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            unsafe body($0, socklen_t(MemoryLayout<Address>.size))
        }
    }
}
