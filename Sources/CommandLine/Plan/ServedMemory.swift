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
    /// Scratch memory that the steps share.
    let scratchByteCount: Int
    /// Bytes that the budgets let requests take together.
    let requestByteCount: Int
    /// Whether somebody has set how much memory there is.
    private let isSet: Bool

    /// A budget that may be made smaller.
    private struct Budget: Sendable {
        /// The name of its setting.
        let name: String
        let property: any Sendable & WritableKeyPath<Engine.Configuration, Int>
        /// Bytes of what is counted.
        var unit = 1
        /// What one request needs of it in bytes: so much there is whatever the budget says.
        let floor: @Sendable (MemoryPlan, DaemonConfiguration) -> Int

        /// What it is, in bytes.
        func byteCount(_ engine: Engine.Configuration) -> Int { engine[keyPath: property] * unit }

        /// What it is, for people.
        func text(_ engine: Engine.Configuration) -> String {
            let value = engine[keyPath: property]
            return "\(name) \(unit == 1 ? sizeText(value) : "\(value)")"
        }
    }

    private static let budgets = [
        Budget(name: "kv_cache_bytes", property: \.keyValueByteBudget) { plan, _ in
            plan.keyValueByteCount
        },
        Budget(name: "image_cache_bytes", property: \.imageByteBudget) { plan, _ in
            plan.pictureByteCount
        },
        Budget(name: "drawing_bytes", property: \.drawingByteBudget) { plan, _ in
            plan.drawingByteCount
        },
        Budget(name: "max_pending_bytes", property: \.scheduling.inputByteBudget) {
            $1.maximumInputByteCount
        },
        // A pixel is red, green and blue.
        Budget(name: "max_decoding_pixels", property: \.maximumDecodingPixelCount, unit: 3) {
            3 * $1.engine.maximumPixelCount
        },
    ]

    /// Fits the budgets.
    ///
    /// What is left beside the weights and one request goes to budgets up to their defaults, then to steps of several
    /// pictures, then to as many pictures as one sequence may hold.
    ///
    /// - Parameters:
    ///   - plan: What the model and one request of the longest sequence with a few pictures need.
    ///   - sequencePictureCount: Pictures that one sequence may hold.
    ///   - configuration: What the settings say.
    ///   - usableByteCount: Memory that there is for the process; nil if nobody knows.
    /// - Throws: ``CommandError`` with advice if not even one request at a time fits.
    init(
        _ plan: MemoryPlan,
        sequencePictureCount: Int,
        _ configuration: DaemonConfiguration,
        usableByteCount: Int?
    ) throws(CommandError) {
        self.plan = plan
        self.usableByteCount = usableByteCount
        isSet = usableByteCount != nil && usableByteCount == configuration.memoryByteCount
        if let usableByteCount, plan.totalByteCount > usableByteCount {
            throw CommandError(
                """
                weights of \(sizeText(plan.weightByteCount)) and the least that one request needs, together \
                \(sizeText(plan.totalByteCount)), do not fit \(isSet ? "memory_bytes, " : "the memory of ")\
                \(sizeText(usableByteCount)): raise \(isSet ? "it" : "the limit of the process"), or take a smaller profile \
                (w8a8, w4a8); `interleaved plan` tells the parts
                """
            )
        }
        var engine = configuration.engine
        let others = configuration.server.bodyByteBudget + configuration.server.answerByteBudget
        var left = usableByteCount.map { $0 - plan.residentByteCount - others } ?? Int.max / 2
        Self.fit(&engine, configuration, plan, &left)
        scratchByteCount = Self.fitSteps(&engine.scheduling, plan.scratch, &left)
        Self.fitPictures(&engine, plan, sequencePictureCount, &left)
        self.engine = engine
        requestByteCount = Self.budgets.reduce(others) { sum, budget in
            sum + max(budget.byteCount(engine), budget.floor(plan, configuration))
        }
    }

    /// Makes those budgets that nobody has set share what the others leave, where that is less than they are.
    private static func fit(
        _ engine: inout Engine.Configuration,
        _ configuration: DaemonConfiguration,
        _ plan: MemoryPlan,
        _ left: inout Int
    ) {
        var unset: [(budget: Budget, floor: Int, wish: Int)] = []
        for budget in budgets {
            let (value, floor) = (budget.byteCount(engine), budget.floor(plan, configuration))
            if configuration.unsetNames.contains(budget.name) {
                left -= floor
                unset.append((budget, floor, max(0, value - floor)))
            } else {
                left -= max(value, floor)
            }
        }
        let wished = unset.reduce(0) { $0 + $1.wish }
        guard wished > left else {
            left -= wished
            return
        }
        for (budget, floor, wish) in unset where wish > 0 {
            let share = Double(wish) / Double(wished) * Double(max(0, left))
            engine[keyPath: budget.property] = (floor + Int(share)) / budget.unit
        }
        left = min(left, 0)
    }

    /// Lets steps have as many pictures as scratch memory is left for, at least one.
    ///
    /// - Returns: The scratch memory of the greediest step, and of words that interrupt it.
    private static func fitSteps(
        _ scheduling: inout SchedulingConfiguration,
        _ scratch: MemoryPlan.Scratch,
        _ left: inout Int
    ) -> Int {
        // A guided picture is two samples.
        let wanted = scratch.byteCount(
            encoding: scheduling.maximumEncodeCount,
            denoising: (scheduling.maximumSampleCount + 1) / 2
        )
        let granted = min(wanted, scratch.byteCount + max(0, left))
        left -= granted - scratch.byteCount
        guard granted < wanted else { return wanted }
        let rest = granted - scratch.language
        scheduling.maximumEncodeCount = min(
            scheduling.maximumEncodeCount,
            max(1, rest / max(1, scratch.encode))
        )
        scheduling.maximumSampleCount = min(
            scheduling.maximumSampleCount,
            max(2, 2 * (rest / max(1, scratch.denoise)))
        )
        return granted
    }

    /// Lets sequences hold as many pictures as their features fit; no limit where that is no fewer than a model takes.
    private static func fitPictures(
        _ engine: inout Engine.Configuration,
        _ plan: MemoryPlan,
        _ count: Int,
        _ left: inout Int
    ) {
        let floor = max(engine.imageByteBudget, plan.pictureByteCount)
        let needed = count * plan.onePictureByteCount - floor
        guard needed > max(0, left) else {
            left -= max(0, needed)
            return
        }
        engine.imageByteBudget = floor + max(0, left)
        engine.leastImageCount = plan.pictureCount
        left = min(left, 0)
    }

    /// A line for the log: what the memory goes to at most.
    var summary: String {
        let room = usableByteCount.map { ", of \(sizeText($0))" } ?? ""
        return """
            Memory: \(sizeText(plan.weightByteCount)) of weights, \(sizeText(scratchByteCount)) of scratch, at most \
            \(sizeText(requestByteCount)) for requests\(room).
            """
    }

    /// What the operator should do; nil if all fits.
    var warning: String? {
        let resident = plan.weightByteCount + plan.programByteCount + scratchByteCount
        guard let usableByteCount, resident + requestByteCount > usableByteCount else { return nil }
        let room = sizeText(usableByteCount)
        let limit =
            isSet
            ? "memory_bytes, \(room). Raise it"
            : "the memory of \(room): under full load the system would end the process. Raise the limit"
        return """
            Requests may take \(sizeText(requestByteCount)) beside a model of \(sizeText(plan.weightByteCount)), more than \
            \(limit), or lower kv_cache_bytes, image_cache_bytes, drawing_bytes, max_pending_bytes, body_bytes or answer_bytes.
            """
    }

    /// What became of budgets that nobody has set, and of steps; nil if they are the defaults.
    func change(from before: Engine.Configuration) -> String? {
        var changes = Self.budgets.filter { $0.byteCount(engine) != $0.byteCount(before) }
            .map { $0.text(engine) }
        let (steps, usual) = (engine.scheduling, before.scheduling)
        if steps.maximumEncodeCount < usual.maximumEncodeCount {
            changes.append("at most \(steps.maximumEncodeCount) pictures read in a step")
        }
        if steps.maximumSampleCount < usual.maximumSampleCount {
            changes.append("at most \(steps.maximumSampleCount / 2) drawn in a step")
        }
        if let least = engine.leastImageCount, plan.onePictureByteCount > 0 {
            let count = max(least, engine.imageByteBudget / plan.onePictureByteCount)
            changes.append("at most \(count) pictures in a sequence")
        }
        guard !changes.isEmpty else { return nil }
        return "So that it fits: \(changes.joined(separator: ", "))."
    }
}
