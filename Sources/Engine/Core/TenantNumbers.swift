internal import Scheduling

/// The names of tenants as the scheduler's numbers: the same for the same name, so that a tenant who was ahead of others is
/// known when it comes back.
struct TenantNumbers: Sendable {
    private var identifiers: [String: TenantIdentifier] = [:]
    private var lastNumber = TenantIdentifier.everybody.number

    /// More than any file of keys names; beyond, all begin anew with other numbers.
    private static let maximumCount = 4096

    /// The number of a name; that of everybody for none.
    mutating func identifier(of name: String?) -> TenantIdentifier {
        guard let name else { return .everybody }
        if let known = identifiers[name] { return known }
        if identifiers.count >= Self.maximumCount { identifiers = [:] }
        lastNumber += 1
        let identifier = TenantIdentifier(number: lastNumber)
        identifiers[name] = identifier
        return identifier
    }
}
