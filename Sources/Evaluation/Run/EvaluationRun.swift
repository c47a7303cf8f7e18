internal import Foundation
internal import Locking
package import World

/// An example with its answers, kept to be shown.
package struct Exhibit: Sendable {
    /// The split it is of.
    package let split: Split
    /// Its place in its suite.
    package let index: Int
    /// What was asked.
    package let example: Example
    /// What was answered.
    package let answers: [AnswerSegment]
    /// Whether that is right.
    package let verdict: Verdict
}

/// Asks all examples of a plan and judges the answers.
///
/// Threads: each example in progress occupies a thread of its own, which mostly waits. Scores do not
/// depend on their number.
package final class EvaluationRun: Sendable {
    /// What came of a run.
    package struct Outcome: Sendable {
        /// A score per suite and split.
        package let scores: [SuiteScore]
        /// The first examples of each suite and split, then the first of the others that are wrong.
        package let exhibits: [Exhibit]
    }

    private struct State {
        var next = 0
        var endedCount = 0
        var verdicts: [Int: Verdict] = [:]
        var exhibits: [Int: Exhibit] = [:]
        var failure: (any Error)?
    }

    private let plan: EvaluationPlan
    private let items: [EvaluationPlan.Item]
    private let answerer: any Answerer
    private let progress: @Sendable (_ endedCount: Int, _ count: Int) -> Void
    private let state = Mutex(State())

    /// Prepares a run.
    ///
    /// - Parameters:
    ///   - plan: The examples.
    ///   - answerer: Who is asked.
    ///   - progress: Told after every example, from its thread.
    package init(
        _ plan: EvaluationPlan,
        _ answerer: any Answerer,
        progress: @escaping @Sendable (_ endedCount: Int, _ count: Int) -> Void = { _, _ in }
    ) {
        self.plan = plan
        items = plan.items
        self.answerer = answerer
        self.progress = progress
    }

    /// Asks with so many examples in progress at once; waits for the end.
    ///
    /// - Throws: the first fault; then no further example is begun. A score of some of the answers would
    ///   be no score.
    package func run(concurrency: Int) throws -> Outcome {
        let group = DispatchGroup()
        for _ in 0..<max(1, min(concurrency, items.count)) {
            group.enter()
            let thread = Thread { [self] in
                while let index = takeNext() { ask(index) }
                group.leave()
            }
            thread.stackSize = 1 << 20
            thread.start()
        }
        group.wait()
        return try state.withLock { state in
            if let failure = state.failure { throw failure }
            return outcome(state)
        }
    }

    private func takeNext() -> Int? {
        state.withLock { state in
            guard state.failure == nil, state.next < items.count else { return nil }
            defer { state.next += 1 }
            return state.next
        }
    }

    private func ask(_ index: Int) {
        let item = items[index]
        do {
            let example = plan.example(item)
            let dialogue = Dialogue(example, seed: plan.noiseSeed(item), drawing: plan.drawing)
            let answers = try dialogue.run(answerer)
            let verdict = Verdict(example, answers)
            let endedCount = state.withLock { state in
                state.verdicts[index] = verdict
                if item.index < plan.exhibitCount || isShownAsWrong(index, verdict, &state) {
                    state.exhibits[index] = Exhibit(
                        split: item.split,
                        index: item.index,
                        example: example,
                        answers: answers,
                        verdict: verdict
                    )
                }
                state.endedCount += 1
                return state.endedCount
            }
            progress(endedCount, items.count)
        } catch {
            state.withLock { state in
                state.failure =
                    state.failure
                    ?? AnswerFault(
                        "\(item.assignment.rawValue), example \(item.index) of \(item.split.rawValue): \(error)"
                    )
            }
        }
    }

    /// Whether a wrong answer is among the first of its suite; those that come after it then are no longer kept.
    private func isShownAsWrong(_ index: Int, _ verdict: Verdict, _ state: inout State) -> Bool {
        guard !verdict.isRight, plan.wrongExhibitCount > 0 else { return false }
        let first = index - items[index].index + plan.exhibitCount
        let earlier = state.exhibits.keys.filter { first <= $0 && $0 < first + plan.count }
            .filter { items[$0].assignment == items[index].assignment }
            .filter { items[$0].split == items[index].split }
        guard earlier.count >= plan.wrongExhibitCount else { return true }
        guard let last = earlier.max(), last > index else { return false }
        state.exhibits[last] = nil
        return true
    }

    /// Verdicts are counted in the order of the examples, whichever ended first.
    private func outcome(_ state: State) -> Outcome {
        var scores: [SuiteScore] = []
        for (index, item) in items.enumerated() {
            if item.index == 0 { scores.append(SuiteScore(item.assignment, item.split)) }
            if let verdict = state.verdicts[index] { scores[scores.count - 1].add(verdict) }
        }
        return Outcome(
            scores: scores,
            exhibits: state.exhibits.sorted { $0.key < $1.key }.map(\.value)
        )
    }
}
