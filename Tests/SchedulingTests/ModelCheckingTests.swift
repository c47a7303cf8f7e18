import TestSupport
import Testing

@testable import Scheduling

@Suite struct ModelCheckingTests {
    private static let picture = ImageDigest(1, 0, 0, 0)

    private static func tinyConfiguration(blocks: Int) -> SchedulingConfiguration {
        var configuration = SchedulingConfiguration()
        configuration.blockSize = 2
        configuration.blockCount = blocks
        configuration.imageByteCount = 1
        configuration.imageByteBudget = 2
        configuration.drawingCapacity = 1
        configuration.maximumRunningCount = 3
        configuration.reservedBlockCount = 0
        configuration.maximumRowCount = 4
        configuration.minimumPrefillRowCount = 2
        configuration.maximumEncodeCount = 1
        configuration.maximumSampleCount = 2
        configuration.maximumRenderCount = 1
        return configuration
    }

    static let scenarios: [[ToySession.Script]] = [
        // Two that begin alike, one of which forks, and fill the pool together.
        [
            ToySession.Script(prompt: [1, 1, 1], tokenCount: 2, forkCount: 1),
            ToySession.Script(prompt: [1, 1, 1], tokenCount: 2),
        ],
        // The same picture read by two, and one drawn.
        [
            ToySession.Script(prompt: [1], images: [picture], tokenCount: 1),
            ToySession.Script(prompt: [2], images: [picture], tokenCount: 0, pictureCount: 1),
        ],
        // More drawings than there is room for.
        [
            ToySession.Script(prompt: [1], tokenCount: 0, pictureCount: 1, sampleCount: 2),
            ToySession.Script(prompt: [2], tokenCount: 1, pictureCount: 1),
        ],
        // Three that do not fit together, of different priorities.
        [
            ToySession.Script(prompt: [1, 2, 3, 4], tokenCount: 1, priority: .low),
            ToySession.Script(prompt: [1, 2, 3], tokenCount: 2),
            ToySession.Script(prompt: [1, 2, 5], tokenCount: 1, priority: .high),
        ],
        // Four at once.
        [
            ToySession.Script(prompt: [1, 2, 3], tokenCount: 1),
            ToySession.Script(prompt: [1, 2, 3], tokenCount: 1),
            ToySession.Script(prompt: [1], tokenCount: 0, pictureCount: 1),
            ToySession.Script(prompt: [2], images: [picture], tokenCount: 0),
        ],
    ]

    @Test(
        "Every interleaving keeps the invariants, ends, and leaves nothing behind",
        arguments: scenarios.indices
    )
    func explores(scenario: Int) throws {
        let start = try ToyEngine(
            Self.tinyConfiguration(blocks: scenario == 0 ? 8 : 5),
            Self.scenarios[scenario]
        )
        var visited: Set<Int> = []
        var frontier = [start]
        var transitions = 0
        var finished = 0
        let stateLimit = 6_000
        // Breadth first until the limit: all short histories, then a seeded sample of long ones.
        var random = SeededRandom(seed: UInt64(scenario))
        while !frontier.isEmpty && visited.count < stateLimit {
            let index =
                visited.count < stateLimit / 2
                ? 0 : Int.random(in: frontier.indices, using: &random)
            frontier.swapAt(index, frontier.count - 1)
            let state = frontier.removeLast()
            for move in state.moves() {
                var next = state
                try next.make(move)
                transitions += 1
                guard visited.insert(next.hashValue).inserted else { continue }
                if next.sessions.allSatisfy({ $0.phase == .ended }) && next.plan == nil {
                    #expect(next.isEmpty)
                }
                if visited.count % 16 == 0 {
                    var rest = next
                    let ends = try rest.finish(limit: 200)
                    #expect(ends)
                    finished += 1
                }
                frontier.append(next)
            }
        }
        #expect(finished > 0)
        print(scenario, visited.count, frontier.count, transitions, finished)
    }
}
