import ArgumentParser
import Engine
import HTTPServer
import Logging
import MMInterleaved
import Scheduling
import ServiceAPI
import Tensors
import Tokenization

/// A daemon within this process, on a free port, to be measured.
struct LocalDaemon {
    private let engine: Engine
    private let server: HTTPServer

    /// Where it listens.
    let url: String

    /// Serves a stored model, or an untrained model of a shape.
    ///
    /// - Throws: what loading or listening throws.
    init(
        model: String?,
        shape: String?,
        profile: FormatPolicy.Profile,
        workers: Int,
        maximumWaitingCount: Int
    ) throws {
        var configuration = Engine.Configuration()
        configuration.workerCount = workers
        configuration.scheduling.maximumWaitingCount = maximumWaitingCount
        let (loaded, tokenizer) = try Self.load(model: model, shape: shape, profile: profile)
        engine = try Engine(loaded, tokenizer: tokenizer, configuration: configuration)
        var logger = Logger(label: "interleaved")
        logger.logLevel = .error
        let service = Service(metrics: engine.metrics, logger: logger)
        service.begin(engine)
        var address = HTTPServer.Configuration()
        address.port = 0
        server = try HTTPServer(configuration: address, handler: service, logger: logger)
        try server.start()
        url = "http://127.0.0.1:\(server.port ?? 0)"
    }

    /// Ends it.
    func stop() {
        server.stopAccepting()
        engine.drain()
        engine.waitUntilIdle(limit: .seconds(10))
        server.drain(limit: .seconds(1))
    }

    private static func load(
        model: String?,
        shape: String?,
        profile: FormatPolicy.Profile
    ) throws -> (InterleavedModel, Tokenizer) {
        guard let shape else {
            let stored = try ModelCatalog.model(model ?? ModelCatalog.defaultName)
            return (
                try LoadedModel.load(stored, profile: profile),
                try stored.tokenizer()
            )
        }
        let configuration = try ShapeCatalog.configuration(shape)
        let size = configuration.vocabulary.originalSize
        guard size >= SentencePieceModelFile.minimumSize else {
            throw ValidationError(
                "a vocabulary of \(size) pieces; at least \(SentencePieceModelFile.minimumSize) are needed"
            )
        }
        let parameters = Parameters(
            from: RandomParameters(seed: 1),
            formats: FormatPolicy(profile)
        )
        return (
            try InterleavedModel(parameters, configuration),
            try Tokenizer(
                modelBytes: SentencePieceModelFile(size: size, words: Init.words).bytes
            )
        )
    }
}
