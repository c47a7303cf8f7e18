import Engine
import MMInterleaved
import Tokenization

/// A model in memory with an engine of its own, for commands that compute without a daemon.
struct LoadedModel {
    let engine: Engine
    var configuration: ModelConfiguration { engine.modelConfiguration }

    /// Loads a model directory with a progress bar.
    init(path: String, workers: Int) throws {
        let directory = try ModelDirectory(path: path)
        let model = try Self.load(directory)
        var configuration = Engine.Configuration()
        configuration.workerCount = workers
        engine = try Engine(
            model,
            tokenizer: try Tokenizer(modelPath: directory.tokenizerPath),
            configuration: configuration
        )
    }

    /// Loads the weights with a progress bar.
    static func load(_ directory: ModelDirectory) throws -> InterleavedModel {
        var bar = ProgressBar("loading \(directory.configuration.name)")
        let model = try directory.load { bar.show($0) }
        bar.finish()
        return model
    }
}
