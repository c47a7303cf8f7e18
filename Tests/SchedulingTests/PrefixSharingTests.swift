import Testing

@testable import Scheduling

@Suite struct PrefixSharingTests {
    @Test("A follow-up round finds what the round before computed, generated words included")
    func followsUp() throws {
        var scheduler = try Scheduler(makeConfiguration())
        let first = try scheduler.startRequest()
        let sequence = scheduler.addPrompt(0..<6, to: first)
        _ = try scheduler.step()
        for token in 6..<9 {
            scheduler.extend(sequence, [token])
            _ = try scheduler.step()
        }
        scheduler.end(first, now: .zero)
        let second = try scheduler.startRequest()
        _ = scheduler.addPrompt(0..<12, to: second)
        let item = try #require(try scheduler.languageStep().items.first)
        #expect(item.positions == 8..<12)
        #expect(item.adoptedCount == 8)
        #expect(scheduler.status.prefixHitCount == 8)
    }

    @Test("Sequences of different salts share nothing, those of the same do")
    func salts() throws {
        var scheduler = try Scheduler(makeConfiguration())
        let (one, other) = (CacheSalt(1, 2, 3, 4), CacheSalt(1, 2, 3, 5))
        var adopted: [Int] = []
        for salt in [one, other, .none, one] {
            let request = try scheduler.startRequest()
            _ = scheduler.addPrompt(0..<9, to: request, salt: salt)
            let item = try #require(try scheduler.languageStep().items.first)
            adopted.append(item.adoptedCount)
            scheduler.end(request, now: .zero)
        }
        #expect(adopted == [0, 0, 0, 8])
    }

    @Test("One position is always computed, though all are known")
    func computesTheLastPosition() throws {
        var scheduler = try Scheduler(makeConfiguration())
        let request = try scheduler.startRequest(sequences: 2)
        _ = scheduler.addPrompt(0..<8, to: request)
        _ = try scheduler.step()
        _ = scheduler.addPrompt(0..<8, to: request)
        let item = try #require(try scheduler.languageStep().items.first)
        #expect(item.positions == 4..<8)
        #expect(item.isLast)
    }

    @Test("Two that begin alike share blocks, also when both computed them")
    func sharesBlocks() throws {
        var scheduler = try Scheduler(makeConfiguration())
        let one = try scheduler.startRequest()
        let two = try scheduler.startRequest()
        let first = scheduler.addPrompt(0..<9, to: one)
        let second = scheduler.addPrompt(0..<9, to: two)
        let plan = try scheduler.languageStep()
        #expect(plan.items.map(\.positions) == [0..<9, 0..<9])
        #expect(scheduler.blocks(of: first)[..<2] == scheduler.blocks(of: second)[..<2])
        #expect(scheduler.blocks(of: first)[2] != scheduler.blocks(of: second)[2])
        #expect(scheduler.pool.usedCount == 4)
    }

    @Test(
        "A fork shares everything until one of the two writes: that one gets a copy of the last block"
    )
    func copiesOnWrite() throws {
        var scheduler = try Scheduler(makeConfiguration())
        let request = try scheduler.startRequest(sequences: 2)
        let trunk = scheduler.addPrompt(0..<6, to: request)
        _ = try scheduler.step()
        let fork = scheduler.fork(trunk)
        #expect(scheduler.blocks(of: fork) == scheduler.blocks(of: trunk))
        let shared = scheduler.blocks(of: trunk)
        scheduler.extend(trunk, [10])
        scheduler.extend(fork, [11])
        let plan = try scheduler.languageStep()
        #expect(plan.copies.map(\.source) == [shared[1]])
        #expect(plan.items.map(\.positions) == [6..<7, 6..<7])
        let tables = [scheduler.blocks(of: trunk), scheduler.blocks(of: fork)]
        #expect(tables[0][0] == tables[1][0])
        #expect(Set(tables.map { $0[1] }) == [shared[1], plan.copies[0].target])
        #expect(plan.items.map(\.blocks) == tables)
    }

    @Test("A fork of a sequence that ends with a full block needs no copy")
    func forksAtBlockEnd() throws {
        var scheduler = try Scheduler(makeConfiguration())
        let request = try scheduler.startRequest(sequences: 2)
        let trunk = scheduler.addPrompt(0..<4, to: request)
        _ = try scheduler.step()
        let fork = scheduler.fork(trunk)
        scheduler.remove(trunk)
        scheduler.extend(fork, [11])
        let plan = try scheduler.languageStep()
        #expect(plan.copies.isEmpty)
        #expect(plan.items.first?.positions == 4..<5)
    }

    @Test("A prompt in chunks takes over what another computed in the meantime")
    func adoptsBetweenChunks() throws {
        var scheduler = try Scheduler(
            makeConfiguration {
                $0.maximumRowCount = 8
                $0.minimumPrefillRowCount = 4
            }
        )
        let one = try scheduler.startRequest()
        let first = scheduler.addPrompt(0..<16, to: one)
        _ = try scheduler.step()
        let two = try scheduler.startRequest()
        let second = scheduler.addPrompt(0..<16, to: two)
        var positions = 0
        while scheduler.progress(of: first)?.computedCount ?? 0 < 16
            || scheduler.progress(of: second)?.computedCount ?? 0 < 16
        {
            positions += try scheduler.languageStep().rowCount
        }
        // The first has 8 left; the second computes at least its last block, and no more than what the
        // first had not done when its turn came.
        #expect((9...20).contains(positions))
        #expect(scheduler.blocks(of: first)[..<3] == scheduler.blocks(of: second)[..<3])
    }
}
