import ArgumentParser
import Testing

@testable import CommandLine

@Suite("Help")
struct HelpTests {
    @Test("The daemon's help lists every setting in its section, with values, default and variable")
    func settings() {
        let help = Interleaved.helpMessage(for: Serve.self, columns: 10_000)
        for section in SettingTable.sections {
            #expect(help.contains("\n\(section.title.uppercased()):\n"))
            for setting in section.settings {
                // The name stands on a line of its own where it is long.
                let entry = help.split(separator: "\n  \(setting.flag) ").last ?? ""
                let line = entry.split(separator: "\n").first { $0.contains("default: ") } ?? ""
                #expect(line.contains("(\(setting.environmentName); "))
                #expect(line.hasSuffix("\(setting.values); default: \(setting.standard))"))
            }
        }
    }

    @Test(
        "Shells complete settings and their values",
        arguments: [CompletionShell.bash, .zsh, .fish]
    )
    func completions(shell: CompletionShell) {
        let script = Interleaved.completionScript(for: shell)
        #expect(script.contains("max-queue"))
        #expect(script.contains("notice"))
    }
}
