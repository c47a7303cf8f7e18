import MMInterleaved
import ModelTestSupport
import Tensors
import TestSupport

@testable import CommandLine

/// A folder with a model of random weights, `tiny`, for commands that read and write models.
struct TinyModelFolder {
    let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
        try ModelDirectory.writeRandom(
            TinyModel.configuration,
            weights: RandomParameters(seed: 1),
            format: .bfloat16,
            tokenizer: TinyModel.tokenizerBytes,
            path: directory.path + "tiny"
        ) { _ in }
    }

    /// Runs a command line in which `{}/` stands for the folder.
    ///
    /// - Returns: What a failure says, with `{}/` for the folder, and its status; nil if there was none.
    func failure(_ line: String) -> (text: String, status: Int32)? {
        let arguments = line.split(separator: " ").map { $0.replacing("{}/", with: directory.path) }
        return Interleaved.failure(of: arguments.map { String($0) }).map {
            ($0.text.replacing(directory.path, with: "{}/"), $0.status)
        }
    }
}
