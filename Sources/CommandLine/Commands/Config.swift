import ArgumentParser
import JobFile
import Jobs
import Keys
import Logging

/// Tells about settings.
struct Config: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check and show the settings of the daemon.",
        subcommands: [
            ConfigCheck.self, ConfigShow.self, ConfigExample.self, ConfigDocs.self,
        ]
    )
}

/// Tells what is wrong with settings.
struct ConfigCheck: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Tell everything that is wrong with the settings, without serving.",
        discussion: """
            Reads the file, the environment and the flags as `interleaved serve` does, and the files of keys, of the \
            certificate and of jobs that they name. The exit status is 1 if anything is wrong.
            """
    )

    @OptionGroup var settings: SettingOptions

    func run() throws {
        let configuration: DaemonConfiguration
        do throws(SettingFaults) {
            configuration = try settings.effective.checked()
        } catch {
            throw CommandError(error.description)
        }
        let faults = Self.faults(ofFilesNamedIn: configuration)
        guard faults.isEmpty else { throw CommandError(faults.joined(separator: "\n")) }
        print("\(settings.file.map { "\($0): " } ?? "")the settings are right")
    }
}

extension ConfigCheck {
    /// What is wrong with files that a daemon needs before it loads a model.
    fileprivate static func faults(
        ofFilesNamedIn configuration: DaemonConfiguration
    ) -> [String] {
        var faults: [String] = []
        if let path = configuration.apiKeys {
            do throws(KeyFileError) {
                _ = try KeyFile(path: path)
            } catch {
                faults.append("api_keys: \(error)")
            }
        }
        if let path = configuration.jobs {
            do throws(JobStorageError) {
                try JobFile.check(path: path)
            } catch {
                faults.append("jobs: \(error)")
            }
        }
        if let files = CertificateFiles(configuration) {
            do throws(CommandError) {
                _ = try files.load(Logger(label: "config") { _ in SwiftLogNoOpLogHandler() })
            } catch {
                faults.append("tls_certificate, tls_key: \(error)")
            }
        }
        return faults
    }
}

/// Shows what settings come to.
struct ConfigShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Print the settings in effect as YAML, and where each comes from.",
        discussion: """
            Reads the file, the environment and the flags as `interleaved serve` does. What is printed can be given as \
            --config.
            """
    )

    @OptionGroup var settings: SettingOptions

    func run() throws {
        let effective = settings.effective
        do throws(SettingFaults) {
            _ = try effective.checked()
        } catch {
            throw CommandError(error.description)
        }
        print(SettingDocuments.effective(effective), terminator: "")
    }
}

/// Prints a file to begin with.
struct ConfigExample: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "example",
        abstract: "Print a file with every setting and its default, commented out."
    )

    func run() { print(SettingDocuments.example, terminator: "") }
}

/// Prints the page of the documentation.
struct ConfigDocs: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "docs",
        abstract: "Print the page of the documentation about settings.",
        shouldDisplay: false
    )

    func run() { print(SettingDocuments.page, terminator: "") }
}
