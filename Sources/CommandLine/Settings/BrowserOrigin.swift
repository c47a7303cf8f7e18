import HTTPWire

/// An origin of pages as browsers write it: `scheme://host[:port]`.
///
/// Source: HTML standard, "serialization of an origin"; URL standard, "host serializing", "default port".
struct BrowserOrigin {
    /// How browsers write it: in lower case, without the scheme's own port.
    let text: String

    /// Reads an origin, however it is written; nil for what no page can come from.
    init?(_ text: String) {
        guard let end = text.firstRange(of: "://") else { return nil }
        let scheme = text[..<end.lowerBound].lowercased()
        let authority = text[end.upperBound...].lowercased()
        guard Self.isScheme(scheme), isAuthority(authority, allowsEmptyHost: false) else {
            return nil
        }
        let isLiteral = authority.hasPrefix("[")
        let hostEnd =
            isLiteral ? authority.firstIndex(of: "]").map { authority.index(after: $0) } : nil
        let host = authority[..<(hostEnd ?? authority.firstIndex(of: ":") ?? authority.endIndex)]
        guard isLiteral || host.utf8.allSatisfy(Self.isHostByte) else { return nil }
        let port = authority[host.endIndex...].dropFirst()
        guard authority.count == host.count || Self.ports.contains(Int(port) ?? 0) else {
            return nil
        }
        let number = Int(port).flatMap { $0 == Self.defaultPorts[scheme] ? nil : ":\($0)" }
        self.text = "\(scheme)://\(host)\(number ?? "")"
    }

    private static let ports = 1...65_535
    private static let defaultPorts = ["http": 80, "https": 443]

    /// `ALPHA *( ALPHA / DIGIT / "+" / "-" / "." )` (RFC 3986 section 3.1).
    private static func isScheme(_ text: String) -> Bool {
        text.utf8.first.map { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) } == true
            && text.utf8.allSatisfy {
                isHostByte($0) && $0 != UInt8(ascii: "_") || $0 == UInt8(ascii: "+")
            }
    }

    /// Letters in lower case, digits, and what stands in names of hosts; browsers write others in these.
    private static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
