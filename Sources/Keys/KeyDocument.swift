internal import Foundation
internal import JSON

/// The file of keys as JSON: read strictly, written so that it is read as the same.
enum KeyDocument {
    /// Reads all entries.
    ///
    /// - Throws: `JSONFault` with the path of the value at fault.
    static func keys(_ bytes: [UInt8]) throws(JSONFault) -> [APIKey] {
        var reader = try MemberReader(document: bytes)
        let nodes = try reader.elements("keys", atMost: KeyFile.maximumKeyCount)
        try reader.finish()
        var keys: [APIKey] = []
        var places: [String: Int] = [:]
        for (index, node) in nodes.enumerated() {
            let path = "keys[\(index)]"
            let key = try key(node, path)
            for (field, value) in [("name", key.name), ("sha256", key.digest.hexadecimal)] {
                // Names have no digest's length, so that one table is enough for both.
                if let place = places.updateValue(index, forKey: "\(field) \(value)") {
                    throw JSONFault(path: "\(path).\(field)", detail: "is that of keys[\(place)]")
                }
            }
            keys.append(key)
        }
        return keys
    }

    private static func key(_ node: JSONNode, _ path: String) throws(JSONFault) -> APIKey {
        var reader = try MemberReader(node, path)
        let name = try reader.name("name")
        let tenant = try reader.name("tenant")
        let hexadecimal = try reader.text("sha256")
        guard let digest = SecretDigest(hexadecimal: hexadecimal) else {
            throw reader.fault("sha256", "must be 64 hexadecimal digits in lower case")
        }
        var rights: Set<KeyRight> = []
        let known = KeyRight.allCases.map(\.rawValue).joined(separator: ", ")
        for node in try reader.elements("rights", atMost: KeyRight.allCases.count) {
            guard let right = node.text.flatMap(KeyRight.init(rawValue:)) else {
                throw reader.fault("rights", "must be some of \(known)")
            }
            guard rights.insert(right).inserted else {
                throw reader.fault("rights", "names \(right.rawValue) twice")
            }
        }
        let limits = try limits(reader.optional("limits"), "\(path).limits")
        let key = APIKey(
            name: name,
            tenant: tenant,
            digest: digest,
            rights: rights,
            limits: limits,
            created: try reader.time("created") ?? .distantPast,
            expires: try reader.time("expires"),
            revoked: try reader.time("revoked")
        )
        try reader.finish()
        return key
    }

    private static func limits(
        _ node: JSONNode?,
        _ path: String
    ) throws(JSONFault) -> KeyLimits {
        var limits = KeyLimits()
        guard let node else { return limits }
        var reader = try MemberReader(node, path)
        for (name, field) in KeyLimits.fields {
            limits[keyPath: field] = try reader.integer(name, in: KeyLimits.range)
        }
        try reader.finish()
        return limits
    }

    // MARK: - Writing

    /// Writes all entries.
    static func document(_ keys: [APIKey]) -> JSON {
        ["keys": .array(keys.map(document))]
    }

    private static func document(_ key: APIKey) -> JSON {
        let limits: [(name: String, value: JSON)] = KeyLimits.fields.compactMap { name, field in
            key.limits[keyPath: field].map { (name, .integer($0)) }
        }
        let rights = KeyRight.allCases.filter(key.rights.contains).map(\.rawValue)
        return .members([
            "name": .string(key.name), "tenant": .string(key.tenant),
            "sha256": .string(key.digest.hexadecimal),
            "rights": .array(rights.map { .string($0) }),
            "limits": limits.isEmpty ? nil : .object(limits),
            "created": key.created == .distantPast ? nil : .string(Timestamp.text(key.created)),
            "expires": key.expires.map { .string(Timestamp.text($0)) },
            "revoked": key.revoked.map { .string(Timestamp.text($0)) },
        ])
    }
}
