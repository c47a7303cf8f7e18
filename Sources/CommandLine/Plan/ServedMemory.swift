import Engine
import HTTPServer
import Scheduling

/// How a daemon's budgets fit the memory that there is.
struct ServedMemory {
    /// What the model and one request at a time need.
    let plan: MemoryPlan
    /// The engine's configuration; budgets that nobody has set are smaller where the defaults would not fit.
    let engine: Engine.Configuration
    /// Memory that there is for the process; nil if nobody knows.
    let usableByteCount: Int?

    /// Budgets that may be made smaller, by the names of their settings.
    private static let budgets: [(name: String, property: any Property)] = [
        ("kv_cache_bytes", \.keyValueByteBudget), ("image_cache_bytes", \.imageByteBudget),
        ("drawing_bytes", \.drawingByteBudget),
    ]
    private typealias Property = Sendable & WritableKeyPath<Engine.Configuration, Int>

    /// Fits the budgets.
    ///
    /// - Parameters:
    ///   - plan: What the model and one request of the longest sequence need.
    ///   - configuration: What the settings say.
    ///   - usableByteCount: Memory that there is for the process; nil if nobody knows.
    /// - Throws: ``CommandError`` with advice if not even one request at a time fits.
    init(
        _ plan: MemoryPlan,
        _ configuration: DaemonConfiguration,
        usableByteCount: Int?
    ) throws(CommandError) {
        self.plan = plan
        self.usableByteCount = usableByteCount
        guard let usableByteCount else {
            engine = configuration.engine
            return
        }
        guard plan.totalByteCount <= usableByteCount else {
            throw CommandError(
                """
                weights of \(sizeText(plan.weightByteCount)) and the least that one request needs, together \
                \(sizeText(plan.totalByteCount)), do not fit the memory of \(sizeText(usableByteCount)): raise the limit \
                of the process, or take a smaller profile (w8a8, w4a8); `interleaved plan` tells the parts
                """
            )
        }
        engine = Self.fitted(plan, configuration, usableByteCount)
    }

    /// The engine's configuration, its budgets that nobody has set sharing what the others leave.
    private static func fitted(
        _ plan: MemoryPlan,
        _ configuration: DaemonConfiguration,
        _ usableByteCount: Int
    ) -> Engine.Configuration {
        var engine = configuration.engine
        let unset = budgets.filter { configuration.unsetNames.contains($0.name) }
        let all = budgets.reduce(0) { $0 + engine[keyPath: $1.property] }
        let wanted = unset.reduce(0) { $0 + engine[keyPath: $1.property] }
        // Bytes of a pixel: red, green and blue.
        let others =
            all - wanted + engine.scheduling.inputByteBudget + 3 * engine.maximumDecodingPixelCount
            + configuration.server.bodyByteBudget + configuration.server.answerByteBudget
        let model = plan.weightByteCount + plan.scratchByteCount + plan.programByteCount
        let left = max(0, usableByteCount - model - others)
        guard wanted > left else { return engine }
        for budget in unset {
            let share = Double(engine[keyPath: budget.property]) / Double(wanted)
            engine[keyPath: budget.property] = Int(share * Double(left))
        }
        return engine
    }

    /// The plan in a line for the log.
    var summary: String {
        let room = usableByteCount.map { " of \(sizeText($0))" } ?? ""
        return """
            Memory plan: \(sizeText(plan.weightByteCount)) of weights, \(sizeText(plan.scratchByteCount)) of scratch, \
            \(sizeText(plan.totalByteCount)) with one request of the longest sequence\(room).
            """
    }

    /// What became of budgets that nobody has set; nil if they are the defaults.
    func change(from before: Engine.Configuration) -> String? {
        let changed = Self.budgets.filter {
            engine[keyPath: $0.property] != before[keyPath: $0.property]
        }
        guard !changed.isEmpty else { return nil }
        let list = changed.map { "\($0.name) \(sizeText(engine[keyPath: $0.property]))" }
        return "So that it fits: \(list.joined(separator: ", "))."
    }
}
