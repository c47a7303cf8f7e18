import Testing

@testable import CommandLine

@Suite("Need of memory")
struct MemoryNeedTests {
    private static let gigabyte = 1 << 30

    @Test("Is told with the system's limit")
    func tells() {
        let need = MemoryNeed(weights: 71 << 20, budgets: 3 << 29, limit: Self.gigabyte)
        #expect(
            need.description
                == "Memory: 71 MiB of weights, at most 1.5 GiB for requests, limit 1 GiB."
        )
        let free = MemoryNeed(weights: 0, budgets: 0, limit: nil)
        #expect(free.description.hasSuffix("no limit."))
    }

    @Test("That the limit cannot hold is worth a warning, and no other")
    func warns() {
        let half = Self.gigabyte / 2
        #expect(MemoryNeed(weights: half, budgets: half, limit: Self.gigabyte).warning == nil)
        #expect(MemoryNeed(weights: half, budgets: half, limit: nil).warning == nil)
        let tight = MemoryNeed(weights: half, budgets: half + 1, limit: Self.gigabyte)
        #expect(tight.warning?.contains("kv_cache_bytes") == true)
    }
}
