import TestSupport
import Testing

@testable import Scheduling

@Suite struct ModelCheckingTests {
    /// What a plan may contain that is worth seeing.
    enum Feature: Hashable {
        case preemption, copy, adoption, sharedBatch, eviction, handedOn
        case interruption, preemptingInterruption, endDuringInterruption, givenUpReading
    }

    struct Scenario: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var blocks = 5
        /// Whether all are admitted and ready before the exploration begins, so that it gets further.
        var isUnderWay = false
        let scripts: [ToySession.Script]
        /// Features that must come up, so that the exploration is known to go where it should.
        let features: Set<Feature>
    }

    private static let picture = ImageDigest(1, 0, 0, 0)

    static let scenarios = [
        Scenario(
            testDescription: "two that begin alike, one of which forks",
            blocks: 8,
            scripts: [
                ToySession.Script(prompt: [1, 1, 1], tokenCount: 2, forkCount: 1),
                ToySession.Script(prompt: [1, 1, 1], tokenCount: 2),
            ],
            features: [.copy, .adoption, .sharedBatch]
        ),
        Scenario(
            testDescription: "the same picture read by two, and one drawn",
            scripts: [
                ToySession.Script(prompt: [1], images: [picture], tokenCount: 1),
                ToySession.Script(prompt: [2], images: [picture], tokenCount: 0, pictureCount: 1),
            ],
            features: [.handedOn, .interruption, .givenUpReading]
        ),
        Scenario(
            testDescription: "more drawings than there is room for",
            scripts: [
                ToySession.Script(prompt: [1], tokenCount: 0, pictureCount: 1, sampleCount: 2),
                ToySession.Script(prompt: [2], tokenCount: 1, pictureCount: 1),
            ],
            features: []
        ),
        Scenario(
            testDescription: "three of different priorities that do not fit together",
            isUnderWay: true,
            scripts: [
                ToySession.Script(prompt: [1, 2, 3, 4], tokenCount: 1, priority: .low),
                ToySession.Script(prompt: [2, 2, 3], tokenCount: 2),
                ToySession.Script(prompt: [3, 2, 5], tokenCount: 1, priority: .high),
            ],
            features: [.preemption, .sharedBatch]
        ),
        Scenario(
            testDescription: "words beside a picture for which there are too few blocks",
            blocks: 4,
            isUnderWay: true,
            scripts: [
                ToySession.Script(prompt: [1, 2, 3], tokenCount: 2),
                ToySession.Script(
                    prompt: [2, 2, 3, 4],
                    tokenCount: 0,
                    pictureCount: 1,
                    priority: .low
                ),
            ],
            features: [.interruption, .preemptingInterruption, .endDuringInterruption]
        ),
        Scenario(
            testDescription: "four at once",
            scripts: [
                ToySession.Script(prompt: [1, 2, 3], tokenCount: 1),
                ToySession.Script(prompt: [1, 2, 3], tokenCount: 1),
                ToySession.Script(
                    prompt: [1],
                    tokenCount: 0,
                    pictureCount: 1,
                    tenant: TenantIdentifier(number: 1)
                ),
                ToySession.Script(prompt: [2], images: [picture], tokenCount: 0),
            ],
            features: [.adoption, .sharedBatch]
        ),
        Scenario(
            testDescription: "three pictures through room for two",
            isUnderWay: true,
            scripts: (1...3).map {
                ToySession.Script(
                    prompt: [1],
                    images: [ImageDigest($0, 0, 0, 0)],
                    tokenCount: 0
                )
            },
            features: [.eviction]
        ),
    ]

    private static let configuration = makeConfiguration(images: 2) {
        $0.blockSize = 2
        $0.drawingCapacity = 1
        $0.maximumRunningCount = 3
        $0.maximumRowCount = 4
        $0.minimumPrefillRowCount = 2
        $0.maximumEncodeCount = 1
        $0.maximumSampleCount = 2
        $0.maximumRenderCount = 1
    }

    /// Explores histories from a start until `stateLimit` states were seen.
    ///
    /// Half of them breadth first, so that all short histories are among them; the other half depth first,
    /// with some chance in it, so that long ones are. What is small enough is seen completely.
    private static func explore(
        _ start: ToyEngine,
        stateLimit: Int,
        visit: (ToyEngine) throws -> Void
    ) throws {
        var random = SeededRandom(seed: 1)
        var visited: Set<Int> = []
        var queue = [start]
        var head = 0
        while head < queue.count && visited.count < stateLimit {
            let state: ToyEngine
            if visited.count < stateLimit / 2 {
                state = queue[head]
                head += 1
            } else {
                // Mostly the newest, which are the longest.
                let newest = max(head, queue.count - 16)
                queue.swapAt(queue.count - 1, Int.random(in: newest..<queue.count, using: &random))
                state = queue.removeLast()
            }
            for move in state.moves() {
                var next = state
                try next.make(move)
                guard visited.insert(next.hashValue).inserted else { continue }
                try visit(next)
                queue.append(next)
            }
        }
    }

    private static func features(of engine: ToyEngine) -> Set<Feature> {
        var features: Set<Feature> = []
        if case .language(let plan) = engine.interruption {
            features.insert(.interruption)
            if !plan.preempted.isEmpty { features.insert(.preemptingInterruption) }
            let inFlight = engine.plan?.shares.map(\.request) ?? []
            if engine.sessions.contains(where: { session in
                session.phase == .ended && inFlight.contains { $0 == session.request }
            }) {
                features.insert(.endDuringInterruption)
            }
        }
        switch engine.plan {
        case .language(let plan):
            if !plan.preempted.isEmpty { features.insert(.preemption) }
            if !plan.copies.isEmpty { features.insert(.copy) }
            if plan.items.contains(where: { $0.adoptedCount > 0 }) { features.insert(.adoption) }
            if Set(plan.items.map(\.request)).count > 1 { features.insert(.sharedBatch) }
        case .encode(let plan):
            if !plan.evicted.isEmpty { features.insert(.eviction) }
            if engine.moves().contains(.giveUp) { features.insert(.givenUpReading) }
            // Encoded for the second request although the first had asked before: that one is gone.
            let second = engine.sessions.count > 1 ? engine.sessions[1].request : nil
            if plan.items.first?.request == second && engine.sessions[0].phase == .ended {
                features.insert(.handedOn)
            }
        default: break
        }
        return features
    }

    @Test(
        "Every interleaving keeps the invariants, can end, and leaves nothing behind",
        arguments: scenarios
    )
    func explores(scenario: Scenario) throws {
        var configuration = Self.configuration
        configuration.blockCount = scenario.blocks
        var seen: Set<Feature> = []
        var count = 0
        var endCount = 0
        var start = try ToyEngine(configuration, scenario.scripts)
        for index in scenario.scripts.indices where scenario.isUnderWay {
            try start.make(.admit(index))
            try start.make(.ready(index))
        }
        try Self.explore(
            start,
            stateLimit: 8000
        ) { state in
            count += 1
            seen.formUnion(Self.features(of: state))
            if state.plan == nil && state.sessions.allSatisfy({ $0.phase == .ended }) {
                #expect(state.isEmpty)
                endCount += 1
            }
            guard count % 16 == 0 else { return }
            var rest = state
            let ends = try rest.finish(limit: 200)
            #expect(ends && rest.isEmpty)
        }
        #expect(scenario.features.subtracting(seen).isEmpty)
        #expect(endCount > 0)
    }
}
