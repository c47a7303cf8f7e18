import ArgumentParser
import Files
import Foundation
import TestSupport
import Testing

@testable import CommandLine

@Suite("The table of settings")
struct SettingTableTests {
    /// The checkout that this file is in.
    private static let checkout = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    private func effective(
        _ flags: [String: String],
        file: String? = nil
    ) -> EffectiveSettings {
        EffectiveSettings(file: file, environment: [:], flags: flags)
    }

    @Test("Every default reads back as itself", arguments: SettingTable.settings.map(\.name))
    func defaults(name: String) throws {
        let setting = try #require(SettingTable.byName[name])
        let settings = effective([name: setting.standard])
        #expect(settings.faults.isEmpty)
        #expect(setting.write(settings.configuration) == setting.standard)
    }

    @Test("Every name is a word of lower case, with an explanation in whole sentences")
    func rows() {
        for setting in SettingTable.settings {
            #expect(setting.name.allSatisfy { $0.isLowercase || $0 == "_" })
            #expect(setting.help.hasSuffix("."))
            if let bound = setting.bound { #expect(SettingTable.byName[bound.other] != nil) }
        }
    }

    @Test("Every setting has a flag, a variable and a key, which mean the same")
    func layers() throws {
        let standards = SettingTable.settings.map { ($0.name, $0.standard) }
        let words = SettingTable.settings.flatMap { [$0.flag, $0.standard] }
        #expect(
            try SettingOptions.parse(words).values == Dictionary(uniqueKeysWithValues: standards)
        )
        let directory = try TemporaryDirectory()
        for setting in SettingTable.settings {
            let text = setting.standard
            let environment = SettingEnvironment([setting.environmentName: text])
            #expect(environment.settings.map(\.setting.name) == [setting.name])
            let file = try directory.write(
                Array("\(setting.name): \"\(text)\"\n".utf8),
                to: "\(setting.name).yaml"
            )
            #expect(SettingFile(path: file).settings.map(\.setting.name) == [setting.name])
        }
    }

    @Test("The example file in the checkout is what the table makes")
    func example() throws {
        let path = "\(Self.checkout)/Config/interleaved.yaml"
        let file = try File.readText(path, maximumByteCount: 1 << 20)
        #expect(file == SettingDocuments.example, "interleaved config example > \(path)")
    }

    @Test("The page of the documentation is what the table makes")
    func page() throws {
        let path = "\(Self.checkout)/docs/CONFIGURATION.md"
        let file = try File.readText(path, maximumByteCount: 1 << 20)
        #expect(file == SettingDocuments.page, "interleaved config docs > \(path)")
    }

    @Test("The example file, uncommented, sets every setting to its default")
    func uncommented() throws {
        let lines = SettingDocuments.example.split(separator: "\n").filter { line in
            SettingTable.settings.contains { line.hasPrefix("# \($0.name): ") }
        }
        #expect(lines.count == SettingTable.settings.count)
        let directory = try TemporaryDirectory()
        let text = lines.map { $0.dropFirst(2) }.joined(separator: "\n")
        let path = try directory.write(Array(text.utf8), to: "all.yaml")
        let settings = effective([:], file: path)
        #expect(settings.faults.isEmpty)
        for setting in SettingTable.settings {
            #expect(setting.write(settings.configuration) == setting.standard)
        }
    }

    @Test("What is in effect reads back as the same, and tells where it comes from")
    func shown() throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write(
            Array("port: 90\nmax_drawings: 4\nstep_time: 0.5ms\n".utf8),
            to: "a.yaml"
        )
        let settings = EffectiveSettings(
            file: path,
            environment: ["INTERLEAVED_PORT": "91", "INTERLEAVED_HOST": "::1,unix:/a b.sock"],
            flags: ["workers": "2"]
        )
        // Half a millisecond is too short.
        #expect(settings.faults.count == 1)
        let text = SettingDocuments.effective(settings)
        func line(_ name: String) -> String {
            text.split(separator: "\n").first { $0.hasPrefix("\(name): ") }
                .map {
                    $0.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
                }
                ?? ""
        }
        #expect(line("port") == "port: 91 # INTERLEAVED_PORT")
        #expect(line("max_drawings") == "max_drawings: 4 # \(path):2")
        #expect(line("max_images") == "max_images: 4 # default, bounded by max_drawings")
        #expect(line("workers") == "workers: 2 # --workers")
        #expect(line("log_level") == "log_level: info # default")
        #expect(line("host") == "host: [\"::1\", \"unix:/a b.sock\"] # INTERLEAVED_HOST")
        let again = effective([:], file: try directory.write(Array(text.utf8), to: "b.yaml"))
        #expect(again.faults.isEmpty)
        #expect(
            SettingTable.settings.allSatisfy {
                $0.write(again.configuration) == $0.write(settings.configuration)
            }
        )
    }
}
