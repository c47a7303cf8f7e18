internal import HTTPWire
internal import JSON
internal import Sockets

/// The names under which the service may be asked, by the Host field.
///
/// A page of elsewhere can have its own name lead here after it was loaded, and is then, to the browser, a page of this
/// service (DNS rebinding). The name that the browser sends remains that page's. Numeric addresses cannot be had lead
/// elsewhere.
package struct AllowedHosts: Hashable, Sendable {
    /// Names besides `localhost`, in lower case; nil for all.
    private let names: Set<String>?
    /// Whether only addresses of this machine are right.
    private let isLocal: Bool

    /// Every name.
    package static let all = AllowedHosts(names: nil, isLocal: false)

    /// `localhost`, some names, and numeric addresses.
    ///
    /// - Parameters:
    ///   - names: Other names, without ports.
    ///   - isLocal: Whether only addresses of this machine are right, as nobody else can ask.
    package init(names: [String], isLocal: Bool) {
        self.init(names: Set(names.map { $0.lowercased() }), isLocal: isLocal)
    }

    private init(names: Set<String>?, isLocal: Bool) {
        self.names = names
        self.isLocal = isLocal
    }

    /// Refuses a request that was sent to another name.
    ///
    /// - Throws: ``ErrorResponse`` with 421 (RFC 9110 §15.5.20).
    func requireAllowed(_ head: RequestHead) throws(ErrorResponse) {
        // Browsers send the field always; who leaves it out speaks HTTP/1.0.
        let authorities = head.fields.values(of: "host") + [head.targetAuthority].compactMap(\.self)
        for authority in authorities where !allows(authority) {
            throw ErrorResponse(
                .misdirectedRequest,
                code: "host_not_allowed",
                "the service is not known as \(quoted(authority)) (setting allowed_hosts)",
                parameter: "host"
            )
        }
    }

    /// Whether an authority, a name or address with or without a port, is one of the service's.
    func allows(_ authority: String) -> Bool {
        guard let names else { return true }
        let host = Self.host(of: authority)
        if host == "localhost" || names.contains(host) { return true }
        guard !host.hasPrefix("unix:"), let address = try? SocketAddress(host: host, port: 0) else {
            return false
        }
        return !isLocal || address.isLocal
    }

    /// The authority without its port, in lower case; a name may end in the root's point.
    private static func host(of authority: String) -> String {
        var host = authority.lowercased()
        if !host.hasSuffix("]"), let colon = host.lastIndex(of: ":") {
            host = String(host[..<colon])
        }
        if host.hasSuffix("."), !host.hasPrefix(".") { host.removeLast() }
        return host
    }
}

extension RequestHead {
    /// The authority of a target in absolute form (RFC 9112 §3.2.2), which counts more than the Host field.
    fileprivate var targetAuthority: String? {
        guard !target.hasPrefix("/"), let end = target.firstRange(of: "://") else { return nil }
        return String(target[end.upperBound...].prefix { $0 != "/" && $0 != "?" })
    }
}
