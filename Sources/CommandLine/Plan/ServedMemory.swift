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

    /// Bytes that the budgets let requests take together.
    let requestByteCount: Int

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
        if let usableByteCount, plan.totalByteCount > usableByteCount {
            throw CommandError(
                """
                weights of \(sizeText(plan.weightByteCount)) and the least that one request needs, together \
                \(sizeText(plan.totalByteCount)), do not fit the memory of \(sizeText(usableByteCount)): raise the limit \
                of the process, or take a smaller profile (w8a8, w4a8); `interleaved plan` tells the parts
                """
            )
        }
        var engine = configuration.engine
        // Bytes of a pixel: red, green and blue.
        let others =
            engine.scheduling.inputByteBudget + 3 * engine.maximumDecodingPixelCount
            + configuration.server.bodyByteBudget + configuration.server.answerByteBudget
        if let usableByteCount {
            let left = usableByteCount - plan.residentByteCount - others
            Self.fit(&engine, configuration.unsetNames, to: left)
        }
        self.engine = engine
        requestByteCount = others + Self.sum(Self.budgets, engine)
    }

    private static func sum(
        _ budgets: [(name: String, property: any Property)],
        _ engine: Engine.Configuration
    ) -> Int {
        budgets.reduce(0) { $0 + engine[keyPath: $1.property] }
    }

    /// Makes those budgets that nobody has set share what the others leave, where that is less than they are.
    private static func fit(
        _ engine: inout Engine.Configuration,
        _ unsetNames: Set<String>,
        to byteCount: Int
    ) {
        let unset = budgets.filter { unsetNames.contains($0.name) }
        let wanted = sum(unset, engine)
        let left = max(0, byteCount - (sum(budgets, engine) - wanted))
        guard wanted > left else { return }
        for budget in unset {
            let share = Double(engine[keyPath: budget.property]) / Double(wanted)
            engine[keyPath: budget.property] = Int(share * Double(left))
        }
    }

    /// A line for the log: what the memory goes to at most.
    var summary: String {
        let room = usableByteCount.map { ", of \(sizeText($0))" } ?? ""
        return """
            Memory: \(sizeText(plan.weightByteCount)) of weights, \(sizeText(plan.scratchByteCount)) of scratch, at most \
            \(sizeText(requestByteCount)) for requests\(room).
            """
    }

    /// What the operator should do; nil if all fits.
    var warning: String? {
        guard let usableByteCount, plan.residentByteCount + requestByteCount > usableByteCount
        else { return nil }
        return """
            Requests may take \(sizeText(requestByteCount)) beside a model of \(sizeText(plan.weightByteCount)), more than the \
            memory of \(sizeText(usableByteCount)): under full load the system would end the process. Raise the limit, or \
            lower kv_cache_bytes, image_cache_bytes, drawing_bytes, max_pending_bytes, body_bytes or answer_bytes.
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
