/// Accounts for the blocks in which sequences keep keys and values, and finds equal prefixes again.
///
/// A block is *free* (nothing of worth in it), *used* (sequences refer to it), or *cached*: nobody refers
/// to it, but it is full, and known by the contents of all positions up to its end. Cached blocks are used
/// again by sequences that begin alike, and evicted when memory is needed, the longest unused first.
///
/// A full block is known by its predecessor and its own contents, compared exactly: a wrong block would be
/// a wrong answer. A predecessor is named by a number that no other content ever gets, so that a block
/// that is reused for something else cannot be mistaken for it.
///
/// Invariants: free, cached and used blocks add up to all; a known block's predecessor is known as long as
/// someone refers to the block; no two known blocks are equal.
package struct BlockPool: Hashable, Sendable {
    /// Positions of a block.
    package let blockSize: Int
    /// All blocks.
    package let blockCount: Int

    private var referenceCounts: [Int]
    private var free: [Int]
    private var cached: RecencyList
    private var keys: [PrefixKey?]
    private var identities: [UInt64]
    private var blockByKey: [PrefixKey: Int] = [:]
    private var nextIdentity: UInt64 = 1

    /// Content of a full block and name of what precedes it; 0 for the start of a sequence, which has a salt.
    private struct PrefixKey: Hashable, Sendable {
        let parent: UInt64
        let salt: CacheSalt
        let content: [PositionContent]
    }

    package init(blockCount: Int, blockSize: Int) {
        precondition(blockCount > 0 && blockSize > 0, "a pool without positions")
        self.blockCount = blockCount
        self.blockSize = blockSize
        referenceCounts = [Int](repeating: 0, count: blockCount)
        // The last is taken first.
        free = Array((0..<blockCount).reversed())
        cached = RecencyList(capacity: blockCount)
        keys = [PrefixKey?](repeating: nil, count: blockCount)
        identities = [UInt64](repeating: 0, count: blockCount)
    }

    /// Blocks that nobody refers to and that may be found again.
    package var cachedCount: Int { cached.count }
    /// Blocks that can be allocated now.
    package var availableCount: Int { free.count + cached.count }
    /// Blocks that someone refers to.
    package var usedCount: Int { blockCount - availableCount }

    /// How many refer to a block.
    package func referenceCount(of block: Int) -> Int { referenceCounts[block] }

    // MARK: - References

    /// A block to write to, with one reference, or nil if all are used.
    ///
    /// Takes a free block, else the cached one that was unused for longest.
    package mutating func allocate() -> Int? {
        guard let block = free.popLast() ?? evict() else { return nil }
        referenceCounts[block] = 1
        return block
    }

    /// Adds a reference.
    package mutating func retain(_ block: Int) {
        if referenceCounts[block] == 0 {
            precondition(keys[block] != nil, "block \(block) is free: there is nothing to refer to")
            cached.remove(block)
        }
        referenceCounts[block] += 1
    }

    /// Drops a reference.
    ///
    /// Release a sequence's blocks from its last to its first, so that ends are evicted before the
    /// beginnings without which they cannot be found.
    package mutating func release(_ block: Int) {
        precondition(referenceCounts[block] > 0, "block \(block) has no reference to drop")
        referenceCounts[block] -= 1
        guard referenceCounts[block] == 0 else { return }
        if keys[block] == nil {
            free.append(block)
        } else {
            cached.append(block)
        }
    }

    private mutating func evict() -> Int? {
        guard let block = cached.popOldest() else { return nil }
        forget(block)
        return block
    }

    private mutating func forget(_ block: Int) {
        guard let key = keys[block] else { return }
        blockByKey[key] = nil
        keys[block] = nil
        identities[block] = 0
    }

    // MARK: - Known prefixes

    /// The known block with this content after a known block, or at the start of a sequence with a salt.
    package func known(
        after parent: Int?,
        _ content: ArraySlice<PositionContent>,
        salt: CacheSalt
    ) -> Int? {
        key(after: parent, content, salt).flatMap { blockByKey[$0] }
    }

    /// What a block is known by; nil if its predecessor is not known.
    ///
    /// The salt distinguishes starts of sequences alone: what follows on one is known by that one.
    private func key(
        after parent: Int?,
        _ content: ArraySlice<PositionContent>,
        _ salt: CacheSalt
    ) -> PrefixKey? {
        guard let parent else { return PrefixKey(parent: 0, salt: salt, content: Array(content)) }
        guard identities[parent] != 0 else { return nil }
        return PrefixKey(parent: identities[parent], salt: .none, content: Array(content))
    }

    /// Makes a full, computed block known, and returns the block that is to be used from now on.
    ///
    /// That is the block itself, or an equal one that was known before. In the latter case the
    /// caller's reference has moved to that one: the contents are the same, and one copy is enough.
    ///
    /// - Parameters:
    ///   - block: The block.
    ///   - parent: The sequence's block before it, which must be known itself, or nil if it is the first.
    ///   - content: What stands at its positions.
    ///   - salt: Of the sequence.
    /// - Returns: The block that holds the contents from now on.
    package mutating func makeKnown(
        _ block: Int,
        after parent: Int?,
        _ content: ArraySlice<PositionContent>,
        salt: CacheSalt
    ) -> Int {
        precondition(content.count == blockSize, "only a full block can be found again")
        guard keys[block] == nil, let key = key(after: parent, content, salt) else { return block }
        if let equal = blockByKey[key] {
            retain(equal)
            release(block)
            return equal
        }
        blockByKey[key] = block
        keys[block] = key
        identities[block] = nextIdentity
        nextIdentity += 1
        return block
    }

    // MARK: - Invariants

    /// Checks the invariants, given how often each block stands in a block table.
    func checkInvariants(references: [Int]) throws(InvariantViolation) {
        for block in 0..<blockCount where references[block] != referenceCounts[block] {
            throw InvariantViolation(
                "block \(block) has \(referenceCounts[block]) references, "
                    + "\(references[block]) tables hold it"
            )
        }
        let unused = referenceCounts.count { $0 == 0 }
        guard Set(free).count == free.count, free.count + cached.count == unused else {
            throw InvariantViolation(
                "\(free.count) free and \(cached.count) cached blocks, but \(unused) without reference"
            )
        }
        for block in free where referenceCounts[block] != 0 || keys[block] != nil {
            throw InvariantViolation("block \(block) is free and in use or known")
        }
        var identityCount = 0
        for block in 0..<blockCount {
            guard let key = keys[block] else { continue }
            identityCount += 1
            guard blockByKey[key] == block, identities[block] != 0 else {
                throw InvariantViolation("known block \(block) is not found by its content")
            }
            guard referenceCounts[block] > 0 || cached.contains(block) else {
                throw InvariantViolation("known block \(block) is neither used nor cached")
            }
            guard key.parent == 0 || identities.contains(key.parent) else {
                throw InvariantViolation("known block \(block) outlived its predecessor")
            }
        }
        guard identityCount == blockByKey.count else {
            throw InvariantViolation("\(blockByKey.count) contents name \(identityCount) blocks")
        }
    }
}
