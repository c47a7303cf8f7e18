internal import Foundation
internal import HTTPWire
internal import Jobs
internal import Keys

/// Who asks, as far as that is known: what they may do, and whose requests are theirs.
struct Caller: Sendable {
    /// The key that was sent; nil where none is asked for.
    let account: KeyAccount?
    /// What they may do.
    let rights: Set<KeyRight>
    /// Whose requests and caches are theirs; nil where there are no tenants.
    let tenant: String?

    /// Whoever comes to a service that asks for no keys: all are one.
    static let anybody = Caller(account: nil, rights: Set(KeyRight.allCases), tenant: nil)
    /// Whoever sends no key to a service that asks for them, where none is needed.
    static let stranger = Caller(account: nil, rights: [], tenant: nil)

    private init(account: KeyAccount?, rights: Set<KeyRight>, tenant: String?) {
        self.account = account
        self.rights = rights
        self.tenant = tenant
    }

    /// Whoever sends a key.
    init(_ account: KeyAccount) {
        let key = account.key
        self.init(account: account, rights: key.rights, tenant: key.tenant)
    }

    /// Whoever sent a request that outlives its connection; a key that is gone by now limits and counts nothing.
    init(_ owner: JobRequest.Owner, _ keys: KeyRing?) {
        let account = keys?.accounts.first { $0.key.name == owner.key }
        self.init(account: account, rights: [.generate], tenant: owner.tenant)
    }

    /// Why a request that outlives its connection is not begun any more; nil if it may be.
    static func fault(of owner: JobRequest.Owner, _ keys: KeyRing?) -> ErrorResponse? {
        guard let keys else { return nil }
        let account = keys.accounts.first { $0.key.name == owner.key }
        if account?.key.standing(at: .now) == .valid { return nil }
        let reason =
            switch account?.key.standing(at: .now) {
            case .expired: "the key that sent the request has expired"
            case .revoked: "the key that sent the request was revoked"
            case .valid, nil:
                owner.key == nil
                    ? "the request came without a key, and keys are asked for now"
                    : "the key that sent the request is not known any more"
            }
        return ErrorResponse(.forbidden, code: "key_revoked", reason)
    }

    /// Whose a request is that they send.
    var owner: JobRequest.Owner { JobRequest.Owner(tenant: tenant, key: keyName) }

    /// The key's name.
    var keyName: String? { account?.key.name }

    /// Whether they see what everybody does.
    var seesAll: Bool { rights.contains(.admin) }

    /// Whether they may see and end the requests of a tenant.
    func owns(requestsOf other: String?) -> Bool {
        seesAll || (tenant != nil && tenant == other)
    }
}
