import Engine
import Scheduling
import Tensors

/// Which stages compute once before the daemon is ready: those that take no more than a moment.
///
/// A denoising step of a large model takes longer than all of the start, and what it has to wait for at first use is little
/// beside that: memory is there, as scratch memory is written to in any case.
struct WarmUp {
    /// Stages that are short.
    let stages: Set<Stage>
    /// Those that are not.
    let others: [Stage]

    /// The most seconds of all stages together, as they are expected.
    private static let limit = 2.0

    /// Chooses, the shortest first.
    init(_ model: CountedModel, workerCount: Int) {
        let costs: [(Stage, Double)] = [
            (.language, Self.seconds(model.decode, workerCount)),
            (.encode, Self.seconds(model.encode, workerCount)),
            (.denoise, Self.seconds(model.denoise, workerCount)),
            (.render, Self.seconds(model.render, workerCount)),
        ]
        var (stages, rest) = (Set<Stage>(), Self.limit)
        for (stage, seconds) in costs.sorted(by: { $0.1 < $1.1 }) where seconds <= rest {
            stages.insert(stage)
            rest -= seconds
        }
        // Drawings begin with words.
        if !stages.contains(.language) { stages = [] }
        self.stages = stages
        others = costs.map(\.0).filter { !stages.contains($0) }
    }

    /// What a stage takes at most on most processors.
    private static func seconds(_ count: StageCount, _ workerCount: Int) -> Double {
        // Of a core, in single precision; tiles do far more, vectors of bytes four times as much.
        let rate = 2e10 * Double(workerCount)
        let hasTiles = InstructionSets.used == "amx"
        let brainFloat = Double(count.operations.brainFloat) / (hasTiles ? 16 : 1)
        let whole = Double(count.operations.whole) / (hasTiles ? 32 : 4)
        return (Double(count.operations.single) + brainFloat + whole) / rate
    }
}
