import Engine
import Logging
import MMInterleaved
import Scheduling
import ServiceAPI
import Tensors

/// From a model on disk to an engine that is warm, told to those who wait for it.
struct ModelStart: Sendable {
    private let stored: StoredModel
    private let configuration: DaemonConfiguration
    private let checksWeights: Bool
    private let service: Service
    private let metrics: EngineMetrics
    private let manager: ServiceManager
    private let logger: Logger

    /// The longest time for the next hundredth of a model, after which a service manager takes the daemon for hung.
    private static let progressLimit = Duration.seconds(120)
    /// The same for the checksums of all of it, of which nothing is heard before the end.
    private static let checkingLimit = Duration.seconds(3600)
    /// Pictures that a sequence may hold where memory is short: some that are given, and some that are drawn.
    private static let leastPictureCount = 4

    init(
        _ stored: StoredModel,
        _ configuration: DaemonConfiguration,
        checksWeights: Bool,
        service: Service,
        metrics: EngineMetrics,
        manager: ServiceManager,
        logger: Logger
    ) {
        self.stored = stored
        self.configuration = configuration
        self.checksWeights = checksWeights
        self.service = service
        self.metrics = metrics
        self.manager = manager
        self.logger = logger
    }

    private var name: String { stored.configuration.name }

    /// Reads the model and starts its engine.
    ///
    /// - Returns: The engine; what tells it from one that might give other answers.
    /// - Throws: what is wrong with the model; ``CommandError`` if there is too little memory.
    func run() throws -> (Engine, maker: String) {
        let start = ContinuousClock.now
        let counted = try count()
        let memory = try fitMemory(counted)
        // What is read in a moment is known to be right before the weights are read.
        let tokenizer = try stored.tokenizer()
        if checksWeights {
            service.loading(Loading(.checking))
            manager.starting("Checking the weights of \(name)", limit: Self.checkingLimit)
            try stored.verifyChecksums()
            logger.info("Every weight is as it was written.")
        }
        let model = try load()
        let engine = try Engine(
            model,
            tokenizer: tokenizer,
            configuration: memory.engine,
            metrics: metrics
        )
        logger.info("Reading \(name) took \(Self.text(start.duration(to: .now))).")
        warmUp(engine, counted, memory)
        logger.info("Computing with \(engine.workers).")
        // Only who goes on with what others began has to know whether they were the same.
        let maker = configuration.jobs == nil ? "" : try stored.maker(profile: engine.profile)
        return (engine, maker)
    }

    private func load() throws -> InterleavedModel {
        manager.starting("Loading \(name)", limit: Self.progressLimit)
        var (lastPercent, lastTenth) = (0, 0)
        return try stored.load(formats: FormatPolicy(configuration.profile)) { progress in
            service.loading(
                Loading(
                    .reading,
                    share: progress.share,
                    packedCount: progress.packedCount,
                    totalCount: progress.totalCount
                )
            )
            let percent = Int(progress.share * 100)
            guard percent > lastPercent else { return }
            lastPercent = percent
            let tensors = "\(progress.packedCount) of \(progress.totalCount) tensors"
            manager.starting(
                "Loading \(name): \(percent) %, \(tensors)",
                limit: Self.progressLimit
            )
            guard percent / 10 > lastTenth else { return }
            lastTenth = percent / 10
            logger.info("Loading \(name): \(lastTenth * 10) %, \(tensors)")
        }
    }

    /// Has the first request wait for nothing that comes once.
    private func warmUp(_ engine: Engine, _ counted: CountedModel, _ memory: ServedMemory) {
        service.loading(Loading(.warming, share: 1))
        manager.starting("Warming up \(name)", limit: Self.progressLimit)
        let start = ContinuousClock.now
        let warmUp = WarmUp(counted, workerCount: engine.workers.count)
        engine.warmUp(warmUp.stages, scratchByteCount: memory.plan.scratchByteCount)
        let time = Self.text(start.duration(to: .now))
        let others = warmUp.others.map(\.rawValue).joined(separator: ", ")
        let rest = others.isEmpty ? "" : "; too long for that: \(others)"
        logger.info("Warming up took \(time)\(rest).")
    }

    private static func text(_ duration: Duration) -> String {
        "\((duration / .milliseconds(100)).rounded() / 10) s"
    }

    // MARK: - Memory

    /// What the model's stages need.
    private func count() throws -> CountedModel {
        let workers = configuration.engine.workerCount
        return try CountedModel(
            stored.configuration,
            stored.formats(asking: FormatPolicy(configuration.profile)),
            workerCount: workers > 0 ? workers : ProcessorCount.current.workerCount,
            promptTokenCount: 1,
            rowCount: configuration.engine.scheduling.maximumRowCount,
            tableFormat: stored.tableFormat()
        )
    }

    /// The budgets, fitted to the memory that there is.
    ///
    /// - Throws: ``CommandError`` if not even one request fits.
    private func fitMemory(_ counted: CountedModel) throws -> ServedMemory {
        let language = stored.configuration.language
        let memory = try ServedMemory(
            MemoryPlan(
                counted,
                positionCount: language.maximumPositionCount,
                pictureCount: min(Self.leastPictureCount, language.maximumImageCount)
            ),
            sequencePictureCount: language.maximumImageCount,
            configuration,
            usableByteCount: [configuration.memoryByteCount, MemoryLimit.current.usableByteCount]
                .compactMap(\.self).min()
        )
        logger.info("\(memory.summary)")
        if let change = memory.change(from: configuration.engine) { logger.notice("\(change)") }
        if let warning = memory.warning { logger.warning("\(warning)") }
        return memory
    }
}
