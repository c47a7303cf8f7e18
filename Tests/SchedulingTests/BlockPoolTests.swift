import Testing

@testable import Scheduling

@Suite struct BlockPoolTests {
    @Test("A block is found again by its content and what precedes it")
    func findsKnownBlocks() throws {
        var pool = BlockPool(blockCount: 3, blockSize: 2)
        let allocated = pool.allocate()
        let first = try #require(allocated)
        let content: [PositionContent] = [.token(1), .token(2)]
        #expect(pool.makeKnown(first, after: nil, content[...]) == first)
        #expect(pool.known(after: nil, content[...]) == first)
        #expect(pool.known(after: first, content[...]) == nil)
        #expect(pool.known(after: nil, [.token(1), .token(3)]) == nil)
    }
}
