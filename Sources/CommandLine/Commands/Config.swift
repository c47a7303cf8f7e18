import ArgumentParser

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
            Reads the file, the environment and the flags as `interleaved serve` does. The exit status is 1 if anything \
            is wrong.
            """
    )

    @OptionGroup var settings: SettingOptions

    func run() throws {
        do throws(SettingFaults) {
            _ = try settings.effective.checked()
        } catch {
            throw CommandError(error.description)
        }
        print("\(settings.file.map { "\($0): " } ?? "")the settings are right")
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
