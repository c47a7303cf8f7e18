internal import Glibc

/// Addresses that begin with the same bits: `10.0.0.0/8`, `2001:db8::/32`, a single address, or `unix` for every UNIX socket.
package struct AddressRange: Hashable, Sendable {
    private enum Kind: Hashable {
        case unix
        /// The first bits of the bytes of an address, and how many of them count.
        case network([UInt8], bitCount: Int)
    }

    private let kind: Kind

    /// Reads a range; bits behind those that count must be zero, as otherwise two ranges could be meant.
    ///
    /// - Throws: ``SocketError`` with code EINVAL if the text is none.
    package init(_ text: String) throws(SocketError) {
        if text == "unix" {
            kind = .unix
            return
        }
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let address = try SocketAddress(host: String(parts[0]), port: 0)
        guard let bytes = address.bytes, text != "localhost" else { throw Self.invalid(text) }
        var bitCount = bytes.count * 8
        if parts.count == 2 {
            guard let number = Int(parts[1]), (0...bitCount).contains(number),
                parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) })
            else { throw Self.invalid(text) }
            bitCount = number
        }
        guard Self.masked(bytes, bitCount) == bytes else { throw Self.invalid(text) }
        // Addresses of IPv4 are looked for as such, however they came (RFC 4291 §2.5.5.2).
        if bitCount >= 96, let plain = address.unmapped.bytes, plain.count < bytes.count {
            kind = .network(plain, bitCount: bitCount - 96)
        } else {
            kind = .network(bytes, bitCount: bitCount)
        }
    }

    /// Whether an address is among them.
    package func contains(_ address: SocketAddress) -> Bool {
        switch (kind, address) {
        case (.unix, .unix): true
        case (.network(let first, let bitCount), _):
            if let bytes = address.bytes, bytes.count == first.count {
                Self.masked(bytes, bitCount) == first
            } else {
                false
            }
        default: false
        }
    }

    private static func masked(_ bytes: [UInt8], _ bitCount: Int) -> [UInt8] {
        bytes.enumerated().map { index, byte in
            let kept = min(max(bitCount - 8 * index, 0), 8)
            return kept == 8 ? byte : byte & ~(0xFF >> kept)
        }
    }

    private static func invalid(_ text: String) -> SocketError {
        SocketError(operation: "parse addresses \(text.debugDescription)", code: EINVAL)
    }
}

extension AddressRange: CustomStringConvertible {
    package var description: String {
        switch kind {
        case .unix: return "unix"
        case .network(let bytes, let bitCount):
            let host = SocketAddress(bytes: bytes)?.host ?? ""
            return bitCount == bytes.count * 8 ? host : "\(host)/\(bitCount)"
        }
    }
}
