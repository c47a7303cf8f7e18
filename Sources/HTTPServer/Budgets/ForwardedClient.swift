internal import HTTPWire
internal import Sockets

/// Which field a proxy tells in whom it speaks for.
///
/// One of them: a client could write the other itself, and a proxy that does not know it would pass it on.
package enum ForwardingField: String, CaseIterable, Hashable, Sendable {
    /// De facto: addresses with commas between them.
    case xForwardedFor = "x-forwarded-for"
    /// RFC 7239: `for=` in each element.
    case forwarded
}

/// Finds out who sent a request that came through proxies.
struct ForwardedClient {
    /// Whose word counts.
    let trusted: [AddressRange]
    let field: ForwardingField

    /// Elements that are looked at, from the last: a chain of proxies is short.
    private static let maximumElementCount = 32

    init(trusted: [AddressRange], field: ForwardingField) {
        self.trusted = trusted
        self.field = field
    }

    init(_ configuration: HTTPServer.Configuration) {
        self.init(trusted: configuration.trustedProxies, field: configuration.forwardingField)
    }

    /// Whose account an address is on; nil for one on this machine, and for a trusted proxy, who speak for many.
    func accountable(_ address: SocketAddress?) -> ClientIdentity? {
        guard let address, !trusts(address) else { return nil }
        return ClientIdentity(address)
    }

    /// Whether an address is that of a proxy whose word counts.
    func trusts(_ address: SocketAddress) -> Bool {
        trusted.contains { $0.contains(address) }
    }

    /// The client: the peer, or where that is trusted the last address in the field that is not.
    ///
    /// What is behind an element that is no address (`unknown`, a name made up, nonsense) may have been written by
    /// anybody: the client is then the proxy that wrote it.
    func address(of head: RequestHead, from peer: SocketAddress?) -> SocketAddress? {
        guard var client = peer, !trusted.isEmpty, trusts(client) else { return peer }
        var elementCount = 0
        for value in head.fields.values(of: field.rawValue).reversed() {
            for element in parts(of: value[...], at: ",") {
                elementCount += 1
                guard elementCount <= Self.maximumElementCount, let next = address(in: element)
                else { return client }
                client = next
                if !trusts(next) { return next }
            }
        }
        return client
    }

    private func address(in element: Substring) -> SocketAddress? {
        switch field {
        case .xForwardedFor: return Self.address(element)
        case .forwarded:
            for pair in parts(of: element, at: ";") {
                guard let sign = pair.firstIndex(of: "="), isSameName(pair[..<sign], "for") else {
                    continue
                }
                var value = pair[pair.index(after: sign)...]
                if value.count >= 2, value.hasPrefix("\""), value.hasSuffix("\"") {
                    value = value.dropFirst().dropLast()
                }
                return Self.address(value)
            }
            return nil
        }
    }

    /// `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]:80`; a port says nothing about whom to serve.
    private static func address(_ text: Substring) -> SocketAddress? {
        var host = text
        if host.hasPrefix("[") {
            guard let end = host.firstIndex(of: "]") else { return nil }
            let rest = host[host.index(after: end)...]
            guard rest.isEmpty || isPort(rest) else { return nil }
            host = host[host.index(after: host.startIndex)..<end]
            guard host.contains(":") else { return nil }
        } else if let colon = host.firstIndex(of: ":"),
            host[colon...].dropFirst().allSatisfy({ $0 != ":" })
        {
            guard isPort(host[colon...]) else { return nil }
            host = host[..<colon]
        }
        guard host.utf8.count <= 45, host != "localhost", !host.hasPrefix("["),
            !host.hasPrefix("unix:")
        else { return nil }
        return (try? SocketAddress(host: String(host), port: 0))?.unmapped
    }

    /// A port, or a name made up for one (RFC 7239 §6.3).
    private static func isPort(_ text: Substring) -> Bool {
        let port = text.dropFirst()
        guard text.hasPrefix(":"), (1...16).contains(port.utf8.count) else { return false }
        return port.hasPrefix("_") || port.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }

    /// Cuts at a character, the last part first, without white space around the parts and without empty ones.
    ///
    /// Quoted strings, which `Forwarded` alone has, are looked for from the end: what a client wrote stands before what its
    /// proxy added, and a quote that it left open hides nothing of that.
    private func parts(of text: Substring, at separator: Character) -> [Substring] {
        var parts: [Substring] = []
        var end = text.endIndex
        var isQuoted = false
        for index in text.indices.reversed() {
            if field == .forwarded, text[index] == "\"" { isQuoted.toggle() }
            guard text[index] == separator, !isQuoted else { continue }
            parts.append(text[text.index(after: index)..<end])
            end = index
        }
        parts.append(text[..<end])
        return parts.map { part in
            let bare = part.drop { $0 == " " || $0 == "\t" }
            let end = bare.lastIndex { $0 != " " && $0 != "\t" }
            return bare[..<(end.map { bare.index(after: $0) } ?? bare.startIndex)]
        }.filter { !$0.isEmpty }
    }
}
