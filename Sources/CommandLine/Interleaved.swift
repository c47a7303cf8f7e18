package import ArgumentParser
import Files
import Glibc
import Tensors

/// The command line.
package struct Interleaved: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "interleaved",
        abstract: "Serve MM-Interleaved: read and continue sequences of text and pictures.",
        version: Version.text,
        subcommands: [
            Init.self, Import.self, Quantize.self, Compare.self, Inspect.self, Plan.self,
            Tokenize.self,
            Bench.self,
            Serve.self, Health.self, Key.self, Config.self,
            Generate.self, Score.self, Sheet.self, Evaluate.self, Simulate.self,
        ]
    )

    package init() {}

    /// Runs the program's arguments and ends the program where they are wrong or the command fails.
    package static func start() {
        // Of all commands the daemon is the one whose end nobody watches.
        if Swift.CommandLine.arguments.dropFirst().first == Serve._commandName {
            CrashBacktrace.enable()
        }
        if let failure = failure(of: nil) { failure.exit() }
    }

    /// Runs a command.
    ///
    /// - Parameter arguments: What stands after the program's name; nil for the program's own.
    /// - Returns: How it failed, or nil if it did not. Help and version are printed, and end the program.
    static func failure(of arguments: [String]?) -> Failure? {
        var command: any ParsableCommand
        do {
            try InstructionSets.ofProcess.validate()
            command = try parseAsRoot(arguments)
        } catch {
            return Failure(parsing: error)
        }
        do {
            try command.run()
            try flushOutput()
            return nil
        } catch {
            return Failure(error, of: type(of: command))
        }
    }

    /// Makes sure that what was printed has arrived.
    ///
    /// - Throws: ``CommandError`` if some of it was lost.
    private static func flushOutput() throws(CommandError) {
        guard fflush(nil) == 0 else {
            throw CommandError("the output cannot be written: \(FileError.reason(errno))")
        }
    }
}
