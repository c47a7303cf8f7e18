@testable import Scheduling

/// What would lie in the blocks and in the feature cache if plans were executed, kept literally: at every
/// position of a block, all contents up to it, which is what keys and values follow from.
struct ReferenceMemory: Hashable {
    struct Violation: Error { let detail: String }

    private var positions: [[[PositionContent]?]]
    private var features: Set<ImageDigest> = []
    /// Those that a step computes.
    private var awaited: Set<ImageDigest> = []

    init(_ configuration: SchedulingConfiguration) {
        positions = Array(
            repeating: Array(repeating: nil, count: configuration.blockSize),
            count: configuration.blockCount
        )
    }

    /// Executes a plan, and fails if it would read something wrong or write over what others need.
    mutating func execute(_ plan: StepPlan, _ scheduler: Scheduler) throws {
        switch plan {
        case .encode(let plan):
            for image in plan.evicted {
                guard features.remove(image) != nil else {
                    throw Violation(detail: "evicted features that were not there")
                }
            }
            for item in plan.items {
                guard !features.contains(item.image), awaited.insert(item.image).inserted else {
                    throw Violation(detail: "encoded a picture twice")
                }
            }
            guard features.count + awaited.count <= scheduler.configuration.imageCapacity else {
                throw Violation(detail: "\(features.count) pictures held")
            }
        case .language(let plan): try execute(plan, scheduler)
        case .denoise, .render: break
        }
    }

    /// A plan is done: what it computed is there.
    mutating func finish(_ plan: StepPlan) {
        guard case .encode(let plan) = plan else { return }
        for item in plan.items where awaited.remove(item.image) != nil {
            features.insert(item.image)
        }
    }

    /// A plan is not computed to its end.
    mutating func giveUp(_ plan: StepPlan) {
        guard case .encode(let plan) = plan else { return }
        for item in plan.items { awaited.remove(item.image) }
    }

    private mutating func execute(_ plan: LanguagePlan, _ scheduler: Scheduler) throws {
        for copy in plan.copies { positions[copy.target] = positions[copy.source] }
        for item in plan.items {
            guard let state = scheduler.sequences[item.sequence] else {
                throw Violation(detail: "an item of a sequence that is gone")
            }
            try check(state.content, upTo: item.positions.lowerBound, item.blocks)
        }
        for item in plan.items {
            guard let state = scheduler.sequences[item.sequence] else { continue }
            let content =
                state.content[..<(item.positions.upperBound - item.draft.count)]
                + item.draft.map { .token($0) }
            for case .image(let image, _) in content[..<item.positions.upperBound]
            where !features.contains(image) {
                throw Violation(detail: "computed with features that are not there")
            }
            let size = scheduler.configuration.blockSize
            for position in item.positions {
                positions[item.blocks[position / size]][position % size] = Array(
                    content[...position]
                )
            }
        }
        try checkAll(scheduler)
    }

    /// Fails if a computed position of any sequence does not hold what it should.
    func checkAll(_ scheduler: Scheduler) throws {
        for state in scheduler.sequences.values {
            try check(state.content, upTo: state.computedCount, state.blocks)
        }
    }

    private func check(_ content: [PositionContent], upTo count: Int, _ blocks: [Int]) throws {
        for position in 0..<count {
            let size = positions[0].count
            let held = positions[blocks[position / size]][position % size]
            guard held == Array(content[...position]) else {
                throw Violation(
                    detail: "position \(position) of \(content) holds \(String(describing: held))"
                )
            }
        }
    }
}
