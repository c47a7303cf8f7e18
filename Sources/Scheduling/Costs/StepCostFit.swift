/// ``StepCosts`` fitted to the steps of an engine by least squares.
///
/// Constant memory: only sums are kept. What a fit makes negative is taken to be zero and the rest fitted
/// again.
package struct StepCostFit: Hashable, Sendable {
    /// Sums over steps of one stage, of the products of (1, units, attended positions, microseconds).
    private struct Sums: Hashable, Sendable {
        var products = [Double](repeating: 0, count: 16)

        mutating func add(_ unitCount: Int, _ attendedCount: Int, _ microseconds: Double) {
            let values = [1, Double(unitCount), Double(attendedCount), microseconds]
            for row in 0..<4 {
                for column in 0..<4 { products[row * 4 + column] += values[row] * values[column] }
            }
        }
    }

    private var stages: [Stage: Sums] = [:]
    private var preparationCount = 0
    private var preparationMicroseconds = 0.0

    package init() {}

    /// Adds a step and the time from the end of the one before, or from its own begin if none was.
    package mutating func observe(_ plan: StepPlan, duration: Duration) {
        stages[plan.stage, default: Sums()].add(
            plan.unitCount,
            plan.attendedPositionCount,
            duration.inSeconds * 1e6
        )
    }

    /// Adds the time from a request's admission until it was ready to start.
    package mutating func observePreparation(_ duration: Duration) {
        preparationCount += 1
        preparationMicroseconds += duration.inSeconds * 1e6
    }

    /// The costs; stages without steps take theirs from `defaults`.
    package func costs(defaults: StepCosts) -> StepCosts {
        var costs = defaults
        if let line = line(.encode) { costs.encode = line }
        if let line = line(.denoise) { costs.denoise = line }
        if let line = line(.render) { costs.render = line }
        if let sums = stages[.language] {
            let terms = fit(sums, among: [0, 1, 2])
            costs.language = StepCosts.Language(
                fixed: terms[0],
                perRow: terms[1],
                perAttendedPosition: terms[2]
            )
        }
        if preparationCount > 0 {
            costs.requestOverhead = preparationMicroseconds / Double(preparationCount)
        }
        return costs
    }

    private func line(_ stage: Stage) -> StepCosts.Line? {
        stages[stage].map { sums in
            let terms = fit(sums, among: [0, 1])
            return StepCosts.Line(fixed: terms[0], perUnit: terms[1])
        }
    }

    /// Least squares of microseconds by some of (1, units, attended positions); the others are 0.
    private func fit(_ sums: Sums, among candidates: [Int]) -> [Double] {
        var chosen = candidates
        while true {
            if let terms = solve(sums.products, chosen) {
                guard let negative = chosen.indices.first(where: { terms[$0] < 0 }) else {
                    var all = [0.0, 0, 0]
                    for (index, term) in zip(chosen, terms) { all[index] = term }
                    return all
                }
                chosen.remove(at: negative)
            } else {
                // All steps were alike: time is taken to be proportional to units.
                chosen = chosen.count > 1 ? [1] : [0]
            }
        }
    }

    /// Solves the normal equations by elimination; nil if they do not determine the terms.
    private func solve(_ products: [Double], _ chosen: [Int]) -> [Double]? {
        let count = chosen.count
        var rows = chosen.map { row in
            chosen.map { products[row * 4 + $0] } + [products[row * 4 + 3]]
        }
        for pivot in 0..<count {
            let scale = products[chosen[pivot] * 5]
            guard abs(rows[pivot][pivot]) > 1e-9 * max(scale, 1e-9) else { return nil }
            for row in 0..<count where row != pivot {
                let factor = rows[row][pivot] / rows[pivot][pivot]
                for column in pivot...count { rows[row][column] -= factor * rows[pivot][column] }
            }
        }
        return (0..<count).map { rows[$0][count] / rows[$0][$0] }
    }
}
