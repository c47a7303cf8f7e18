package import ArgumentParser
import Foundation
import Tensors

/// The command line.
package struct Interleaved: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "interleaved",
        abstract: "Serve MM-Interleaved: read and continue sequences of text and pictures.",
        version: Version.text,
        subcommands: [
            Init.self, Import.self, Inspect.self, Tokenize.self, Bench.self, Serve.self,
            Generate.self, Score.self, Sheet.self, Evaluate.self, Simulate.self,
        ]
    )

    package init() {}

    /// Runs the program's arguments and ends the program where they are wrong or the command fails.
    ///
    /// What a command finds wrong with its arguments only when it runs is told with the usage of that command too.
    package static func start() async {
        do {
            try InstructionSets().validate()
            var command = try parseAsRoot()
            do {
                if var asynchronous = command as? any AsyncParsableCommand {
                    try await asynchronous.run()
                } else {
                    try command.run()
                }
            } catch let error as ValidationError {
                let usage = usageString(for: type(of: command))
                // Nothing can be told where standard error is closed.
                try? FileHandle.standardError.write(
                    contentsOf: Data("Error: \(error.message)\nUsage: \(usage)\n".utf8)
                )
                Foundation.exit(ExitCode.validationFailure.rawValue)
            }
        } catch {
            exit(withError: error)
        }
    }
}
