internal import Digests
internal import Scheduling

/// With whom a request shares what was computed: prefixes and pictures are found again by requests of the same tenant with
/// the same salt, and by no others.
package struct CacheScope: Hashable, Sendable {
    /// Whose request it is; nil where there are no tenants.
    package var tenant: String?
    /// What the request itself adds; nil for nothing.
    package var salt: String?

    /// Longest salt, in bytes.
    package static let maximumSaltByteCount = 256

    /// A scope of a tenant's.
    package init(tenant: String? = nil, salt: String? = nil) {
        self.tenant = tenant
        self.salt = salt
    }

    /// The salt of the request's prefixes: a digest, so that no two scopes have the same.
    var cacheSalt: CacheSalt {
        guard tenant != nil || salt != nil else { return .none }
        // Of fixed length each, so that no part can be taken for the end of the one before; none is a text's digest.
        let parts = [tenant, salt].map { part in
            part.map { SHA256.digest(of: Array($0.utf8)) } ?? [UInt8](repeating: 0, count: 32)
        }
        let words = SHA256.words(of: Array(parts.joined()))
        return CacheSalt(words[0], words[1], words[2], words[3])
    }
}
