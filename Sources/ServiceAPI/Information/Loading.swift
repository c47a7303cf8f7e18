internal import JSON

/// How far the daemon is before it answers requests.
package struct Loading: Hashable, Sendable {
    /// What is done to the model.
    package enum Step: String, Hashable, Sendable {
        /// Weights are compared with their checksums.
        case checking
        /// Weights are read and packed.
        case reading
        /// Stages compute once, so that the first request waits for nothing that comes once.
        case warming
    }

    private let step: Step
    /// Share of the weights' numbers that are packed, from 0 to 1.
    let share: Double
    private let packedCount: Int
    private let totalCount: Int

    /// Tells of a step.
    ///
    /// - Parameters:
    ///   - step: Which it is.
    ///   - share: Share of the weights' numbers that are packed, from 0 to 1.
    ///   - packedCount: Weights that are packed.
    ///   - totalCount: All of them; 0 where nobody has counted them yet.
    package init(_ step: Step, share: Double = 0, packedCount: Int = 0, totalCount: Int = 0) {
        self.step = step
        self.share = share
        self.packedCount = packedCount
        self.totalCount = totalCount
    }

    /// What `/readyz` tells.
    var json: JSON {
        var members: [(String, JSON)] = [
            ("status", "loading"), ("progress", .double((share * 100).rounded() / 100)),
            ("step", .string(step.rawValue)),
        ]
        if totalCount > 0 {
            members.append(("tensors", .integer(packedCount)))
            members.append(("tensors_total", .integer(totalCount)))
        }
        return .object(members.map { (name: $0.0, value: $0.1) })
    }
}
