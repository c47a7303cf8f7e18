import JSON
import Sockets

extension SettingKind {
    /// Several values: in a list, with commas between them, or by repeating the flag.
    ///
    /// - Parameters:
    ///   - values: What may be given, in a few words.
    ///   - empty: The word that stands for no value; nil if there must be one.
    ///   - read: Reads one value and checks it.
    ///   - write: Writes one value so that it reads back as the same.
    /// - Returns: The kind.
    fileprivate static func list<Element>(
        _ values: String,
        empty: String? = nil,
        read: @escaping @Sendable (String) throws(InvalidValue) -> Element,
        write: @escaping @Sendable (Element) -> String
    ) -> SettingKind where Value == [Element] {
        SettingKind(
            values: empty.map { "\($0), \(values)" } ?? values,
            isList: true,
            read: { (text) throws(InvalidValue) in
                if text == empty { return [] }
                var elements: [Element] = []
                for part in text.split(separator: ",", omittingEmptySubsequences: false) {
                    elements.append(try read(String(part.trimmingPrefix { $0 == " " })))
                }
                return elements
            },
            write: { elements in
                elements.isEmpty ? empty ?? "" : elements.map(write).joined(separator: ",")
            }
        )
    }
}

extension SettingKind where Value == [String] {
    /// Addresses to listen on.
    static var addresses: SettingKind {
        list(
            "numeric addresses, localhost, unix:/path",
            read: { (host) throws(InvalidValue) in
                guard (try? SocketAddress(host: host, port: 0)) != nil else {
                    throw InvalidValue(
                        "has no address to listen on in \(quoted(host)): give numbers, localhost or unix:/path"
                    )
                }
                return host
            },
            write: { $0 }
        )
    }

    /// Names of a host, without ports.
    static var hostNames: SettingKind {
        list(
            "*, names such as api.example.org",
            empty: "auto",
            read: { (name) throws(InvalidValue) in
                guard name == "*" || isHostName(name) else {
                    throw InvalidValue(
                        "has no name of a host in \(quoted(name)): give names alone, such as api.example.org, or *"
                    )
                }
                return name
            },
            write: { $0 }
        )
    }

    /// Origins of pages, as browsers name them.
    static var origins: SettingKind {
        list(
            "*, origins such as https://example.org",
            empty: "none",
            read: { (origin) throws(InvalidValue) in
                if origin == "*" { return origin }
                guard let written = BrowserOrigin(origin)?.text else {
                    throw InvalidValue(
                        "has no origin in \(quoted(origin)): give scheme, host and port alone, "
                            + "such as https://example.org:8443, or * by itself for all"
                    )
                }
                guard written == origin else {
                    throw InvalidValue("has \(quoted(origin)), which browsers write \(written)")
                }
                return origin
            },
            write: { $0 }
        )
    }
}

extension SettingKind where Value == [AddressRange] {
    /// Addresses and networks.
    static var addressRanges: SettingKind {
        list(
            "addresses, networks such as 10.0.0.0/8, unix",
            empty: "none",
            read: { (name) throws(InvalidValue) in
                guard let range = try? AddressRange(name) else {
                    throw InvalidValue(
                        "has no address or network in \(quoted(name)): give numbers, such as 10.0.0.1, 10.0.0.0/8 "
                            + "(zeros behind the bits that count) or fd00::/8, or unix"
                    )
                }
                return range
            },
            write: \.description
        )
    }
}

/// Whether a text is a name of a host: letters, digits, `-`, `_` and points.
private func isHostName(_ text: String) -> Bool {
    (1...253).contains(text.utf8.count)
        && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) }
}
