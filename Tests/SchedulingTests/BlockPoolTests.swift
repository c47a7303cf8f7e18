import Testing

@testable import Scheduling

@Suite struct BlockPoolTests {
    private static func tokens(_ values: Int...) -> ArraySlice<PositionContent> {
        values.map { .token($0) }[...]
    }

    private static func filled(
        _ pool: inout BlockPool,
        _ content: ArraySlice<PositionContent>,
        after parent: Int? = nil
    ) throws -> Int {
        let allocated = pool.allocate()
        return pool.makeKnown(try #require(allocated), after: parent, content, salt: .none)
    }

    @Test("A block is found again by its content and what precedes it, compared exactly")
    func findsKnownBlocks() throws {
        var pool = BlockPool(blockCount: 3, blockSize: 2)
        let first = try Self.filled(&pool, Self.tokens(1, 2))
        #expect(pool.known(after: nil, Self.tokens(1, 2), salt: .none) == first)
        #expect(pool.known(after: first, Self.tokens(1, 2), salt: .none) == nil)
        #expect(pool.known(after: nil, Self.tokens(1, 3), salt: .none) == nil)
        #expect(pool.known(after: nil, Self.tokens(2, 1), salt: .none) == nil)
    }

    @Test("A picture's positions are told apart from tokens, and one picture from another")
    func comparesPictures() throws {
        var pool = BlockPool(blockCount: 3, blockSize: 2)
        let one = ImageDigest(1, 0, 0, 0)
        let content: ArraySlice<PositionContent> = [.image(one, offset: 0), .image(one, offset: 1)]
        let block = try Self.filled(&pool, content)
        #expect(pool.known(after: nil, content, salt: .none) == block)
        for other in [ImageDigest(0, 1, 0, 0), ImageDigest(1, 0, 0, 1)] {
            #expect(
                pool.known(
                    after: nil,
                    [.image(other, offset: 0), .image(other, offset: 1)],
                    salt: .none
                ) == nil
            )
        }
        #expect(
            pool.known(after: nil, [.image(one, offset: 1), .image(one, offset: 0)], salt: .none)
                == nil
        )
    }

    @Test("Unreferenced known blocks are kept, found, and counted as available")
    func keepsUnreferencedBlocks() throws {
        var pool = BlockPool(blockCount: 2, blockSize: 2)
        let block = try Self.filled(&pool, Self.tokens(1, 2))
        pool.release(block)
        #expect((pool.availableCount, pool.cachedCount, pool.usedCount) == (2, 1, 0))
        #expect(pool.known(after: nil, Self.tokens(1, 2), salt: .none) == block)
        pool.retain(block)
        #expect((pool.availableCount, pool.cachedCount, pool.usedCount) == (1, 0, 1))
    }

    @Test("The longest unused block is evicted first, and is not found any more")
    func evictsLeastRecentlyUsed() throws {
        var pool = BlockPool(blockCount: 2, blockSize: 2)
        let old = try Self.filled(&pool, Self.tokens(1, 1))
        let new = try Self.filled(&pool, Self.tokens(2, 2))
        pool.release(old)
        pool.release(new)
        // Using it again makes it the newest.
        pool.retain(old)
        pool.release(old)
        #expect(pool.allocate() == new)
        #expect(pool.known(after: nil, Self.tokens(2, 2), salt: .none) == nil)
        #expect(pool.known(after: nil, Self.tokens(1, 1), salt: .none) == old)
    }

    @Test("A reused predecessor does not lend its name to what followed the old one")
    func doesNotConfuseReusedPredecessors() throws {
        var pool = BlockPool(blockCount: 2, blockSize: 2)
        let parent = try Self.filled(&pool, Self.tokens(1, 1))
        let child = try Self.filled(&pool, Self.tokens(7, 7), after: parent)
        pool.release(child)
        pool.release(parent)
        // The child was unused for longer; take it and then the parent for something else.
        #expect(pool.allocate() == child)
        #expect(try Self.filled(&pool, Self.tokens(2, 2)) == parent)
        #expect(pool.known(after: parent, Self.tokens(7, 7), salt: .none) == nil)
    }

    @Test("Of two equal blocks one is kept, and the reference moves to it")
    func mergesEqualBlocks() throws {
        var pool = BlockPool(blockCount: 2, blockSize: 2)
        let first = try Self.filled(&pool, Self.tokens(1, 2))
        let second = try Self.filled(&pool, Self.tokens(1, 2))
        #expect(second == first)
        #expect(pool.referenceCount(of: first) == 2)
        #expect((pool.availableCount, pool.cachedCount) == (1, 0))
    }

    @Test("An exhausted pool gives nothing")
    func refusesWhenExhausted() {
        var pool = BlockPool(blockCount: 1, blockSize: 2)
        #expect(pool.allocate() != nil)
        #expect(pool.allocate() == nil)
    }

    @Test("Dropping a reference that nobody has ends the program")
    func refusesUnbalancedRelease() async {
        await #expect(processExitsWith: .failure) {
            var pool = BlockPool(blockCount: 1, blockSize: 2)
            pool.release(0)
        }
    }
}
