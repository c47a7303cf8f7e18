import Testing

@testable import Scheduling

@Suite struct ImageFeatureCacheTests {
    private typealias Cache = ImageFeatureCache<String, Int>

    private static func encode(_ cache: inout Cache, _ key: String) -> [Int] {
        _ = cache.begin([key])
        return cache.finish(key)
    }

    @Test("Reservations never exceed the capacity")
    func reserves() {
        var cache = Cache(capacity: 3)
        #expect(cache.reserve(2, for: 1) == true)
        #expect(cache.reserve(2, for: 2) == false)
        #expect(cache.reserve(1, for: 2) == true)
        cache.release(1)
        #expect(cache.reserve(2, for: 3) == true)
    }

    @Test("A picture that two ask for is encoded once, and both are told")
    func encodesOnce() {
        var cache = Cache(capacity: 2)
        for owner in [1, 2] { #expect(cache.reserve(1, for: owner) == true) }
        #expect(cache.ask("a", for: 1) == .awaited)
        #expect(cache.ask("a", for: 2) == .awaited)
        #expect(Self.encode(&cache, "a") == [1, 2])
        #expect(cache.occupiedCount == 1)
        #expect((cache.queryCount, cache.hitCount) == (2, 1))
    }

    @Test("When the first that waits goes away, the picture is encoded for the next")
    func handsOn() {
        var cache = Cache(capacity: 2)
        for owner in [1, 2] { #expect(cache.reserve(1, for: owner) == true) }
        _ = cache.ask("a", for: 1)
        _ = cache.ask("a", for: 2)
        cache.release(1)
        #expect(cache.isQueued("a"))
        #expect(Self.encode(&cache, "a") == [2])
    }

    @Test("What nobody waits for any more is not encoded")
    func dropsUnwanted() {
        var cache = Cache(capacity: 2)
        #expect(cache.reserve(1, for: 1) == true)
        _ = cache.ask("a", for: 1)
        cache.release(1)
        #expect(!cache.isQueued("a"))
    }

    @Test("A picture whose owner goes while it is encoded is kept for later")
    func keepsEncodedForNobody() {
        var cache = Cache(capacity: 1)
        #expect(cache.reserve(1, for: 1) == true)
        _ = cache.ask("a", for: 1)
        _ = cache.begin(["a"])
        cache.release(1)
        #expect(cache.finish("a") == [])
        #expect(cache.reserve(1, for: 2) == true)
        #expect(cache.ask("a", for: 2) == .held)
    }

    @Test("Of the pictures that nobody needs the longest unused goes first; needed ones stay")
    func evictsLeastRecentlyUsed() {
        var cache = Cache(capacity: 3)
        for (owner, key) in [(1, "a"), (2, "b"), (3, "c")] {
            #expect(cache.reserve(1, for: owner) == true)
            _ = cache.ask(key, for: owner)
            _ = Self.encode(&cache, key)
        }
        cache.release(2)
        cache.release(1)
        #expect(cache.reserve(2, for: 4) == true)
        _ = cache.ask("d", for: 4)
        _ = cache.ask("e", for: 4)
        #expect(cache.begin(["d"]) == ["b"])
        #expect(cache.begin(["e"]) == ["a"])
        #expect(cache.isHeld("c"))
    }

    @Test("Asking for more than was reserved ends the program")
    func refusesUnreserved() async {
        await #expect(processExitsWith: .failure) {
            var cache = ImageFeatureCache<String, Int>(capacity: 2)
            _ = cache.reserve(1, for: 1)
            _ = cache.ask("a", for: 1)
            _ = cache.ask("b", for: 1)
        }
    }
}
