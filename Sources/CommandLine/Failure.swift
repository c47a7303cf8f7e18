import ArgumentParser
import Foundation

/// How a command that does not succeed ends: what it tells, and its exit status.
///
/// Everything that goes wrong is told here, in the words `Error: ` and what is wrong, one line if one is enough. What
/// is wrong with the command line or the settings (`ValidationError`) is told with the command's usage, status 64; all
/// else is status 1.
struct Failure: Hashable {
    /// What is told, without a last line end; empty where a command has told it already.
    let text: String
    /// The exit status.
    let status: Int32

    /// Words and status for arguments that are no command; help and version are printed.
    init(parsing error: any Error) {
        Self.answer(error)
        text = Interleaved.fullMessage(for: error)
        status = Interleaved.exitCode(for: error).rawValue
    }

    /// Prints help, or whatever else the parser throws that is no failure, and ends the process.
    private static func answer(_ error: any Error) {
        if Interleaved.exitCode(for: error).isSuccess { Interleaved.exit(withError: error) }
    }

    /// Words and status for what a command threw when it ran.
    init(_ error: any Error, of command: any ParsableCommand.Type) {
        Self.answer(error)
        switch error {
        case let error as ValidationError:
            let words = Self.words(of: command).joined(separator: " ")
            text = """
                Error: \(error.message)
                Usage: \(Interleaved.usageString(for: command))
                  See '\(words) --help' for more information.
                """
            status = ExitCode.validationFailure.rawValue
        case let code as ExitCode:
            text = ""
            status = code.rawValue
        default:
            text = "Error: \(error)"
            status = ExitCode.failure.rawValue
        }
    }

    /// Tells it on standard error and ends the process.
    func exit() -> Never {
        // Nothing can be told where standard error is closed.
        if !text.isEmpty { try? FileHandle.standardError.write(contentsOf: Data("\(text)\n".utf8)) }
        Foundation.exit(status)
    }

    /// The words that call a command: `interleaved config check`.
    private static func words(
        of command: any ParsableCommand.Type,
        below parent: any ParsableCommand.Type = Interleaved.self
    ) -> [String] {
        let name = parent._commandName
        if parent == command { return [name] }
        for child in parent.configuration.subcommands {
            let words = words(of: command, below: child)
            if !words.isEmpty { return [name] + words }
        }
        return []
    }
}
