import Scheduling
import Testing

@testable import Engine

@Suite("Names of tenants as numbers")
struct TenantNumberTests {
    @Test("A name has one number of its own, and nobody's is everybody's")
    func numbers() {
        var numbers = TenantNumbers()
        let first = numbers.identifier(of: "first")
        let second = numbers.identifier(of: "second")
        #expect(numbers.identifier(of: "first") == first)
        #expect(Set([first, second, numbers.identifier(of: nil)]).count == 3)
        #expect(numbers.identifier(of: nil) == .everybody)
    }

    @Test("However many names come, no two that are known have the same number")
    func many() {
        var numbers = TenantNumbers()
        let identifiers = (0..<10_000).map { numbers.identifier(of: "\($0)") }
        #expect(Set(identifiers).count == identifiers.count)
    }

    @Test("Scopes differ in tenant and salt, and in which of the two has a text")
    func scopes() {
        let scopes = [
            CacheScope(), CacheScope(tenant: "a"), CacheScope(salt: "a"),
            CacheScope(tenant: "a", salt: "a"), CacheScope(tenant: "aa", salt: ""),
            CacheScope(tenant: "", salt: "aa"), CacheScope(tenant: "", salt: nil),
        ]
        #expect(Set(scopes.map(\.cacheSalt)).count == scopes.count)
        #expect(CacheScope().cacheSalt == .none)
    }
}
