import Engine
import MMInterleaved
import Tokenization

/// A model in memory with an engine of its own, for commands that compute without a daemon.
struct LoadedModel {
    let engine: Engine
    var configuration: ModelConfiguration { engine.modelConfiguration }

    /// Loads a model with a progress bar.
    ///
    /// - Parameters:
    ///   - stored: The model.
    ///   - profile: Formats of the weights, unless the model is a file that says so itself.
    ///   - workers: Worker threads; 0 for one per processor.
    ///   - change: Changes the engine's other settings.
    /// - Throws: as `StoredModel`.
    init(
        _ stored: StoredModel,
        profile: FormatPolicy.Profile = .f32,
        workers: Int,
        _ change: (inout Engine.Configuration) -> Void = { _ in }
    ) throws {
        let loaded = try Self.load(stored, profile: profile)
        var configuration = Engine.Configuration()
        configuration.workerCount = workers
        change(&configuration)
        engine = try Engine(
            loaded,
            tokenizer: try stored.tokenizer(),
            configuration: configuration
        )
    }

    /// Loads the weights with a progress bar.
    static func load(
        _ stored: StoredModel,
        profile: FormatPolicy.Profile
    ) throws -> InterleavedModel {
        var bar = ProgressBar("loading \(stored.configuration.name)")
        let model = try stored.load(formats: FormatPolicy(profile)) { bar.show($0.share) }
        bar.finish()
        return model
    }
}
