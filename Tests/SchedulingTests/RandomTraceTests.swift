import TestSupport
import Testing

@testable import Scheduling

@Suite struct RandomTraceTests {
    private static func configuration(
        _ random: inout SeededRandom
    ) -> SchedulingConfiguration {
        makeConfiguration(blocks: Int.random(in: 12...24, using: &random), images: 6) {
            $0.blockSize = Int.random(in: 1...4, using: &random)
            $0.maximumRunningCount = Int.random(in: 1...5, using: &random)
            $0.maximumRowCount = Int.random(in: 4...20, using: &random)
            $0.minimumPrefillRowCount = Int.random(in: 1...3, using: &random)
            $0.maximumSampleCount = Int.random(in: 1...4, using: &random)
            $0.maximumEncodeCount = Int.random(in: 1...3, using: &random)
            $0.reservedBlockCount = Int.random(in: 0...2, using: &random)
            $0.decodeWaitBound = Bool.random(using: &random) ? .zero : .seconds(1)
        }
    }

    /// Few tokens and pictures, so that much is alike and little fits.
    private static func script(_ random: inout SeededRandom) -> ToySession.Script {
        ToySession.Script(
            prompt: (0..<Int.random(in: 1...6, using: &random)).map { _ in
                Int.random(in: 1...2, using: &random)
            },
            images: (0..<Int.random(in: 0...1, using: &random)).map { _ in
                ImageDigest(UInt64.random(in: 1...2, using: &random), 0, 0, 0)
            },
            tokenCount: Int.random(in: 0...6, using: &random),
            forkCount: Int.random(in: 0...1, using: &random),
            pictureCount: Int.random(in: 0...1, using: &random),
            stepCount: Int.random(in: 1...3, using: &random),
            sampleCount: Int.random(in: 1...2, using: &random),
            priority: Priority.allCases.randomElement(using: &random) ?? .normal,
            tenant: TenantIdentifier(number: Int.random(in: 0...2, using: &random)),
            draft: Bool.random(using: &random) ? [1, 2, 1] : []
        )
    }

    private static func weight(_ move: ToyEngine.Move) -> Int {
        switch move {
        case .cancel: 1
        case .decide: 12
        default: 30
        }
    }

    @Test(
        "Random requests never read what another wrote, keep the invariants, and all end",
        arguments: 0..<60
    )
    func keepsContentsApart(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let configuration = Self.configuration(&random)
        let scripts = (0..<16).map { _ in Self.script(&random) }.filter { script in
            let bounds = ToySession(script, name: 0).bounds
            return bounds.blockCount(blockSize: configuration.blockSize) <= configuration.blockCount
        }
        var engine = try ToyEngine(configuration, scripts)
        for _ in 0..<400 {
            let moves = engine.moves()
            let total = moves.reduce(0) { $0 + Self.weight($1) }
            var choice = Int.random(in: 0..<max(1, total), using: &random)
            for move in moves {
                choice -= Self.weight(move)
                if choice < 0 {
                    try engine.make(move)
                    break
                }
            }
        }
        let ends = try engine.finish(limit: 2000)
        #expect(ends && engine.isEmpty)
    }
}
