/// The settings as documents: the example file, the page of the documentation, and what is in effect.
enum SettingDocuments {
    /// Config/interleaved.yaml: every setting with its default, commented out.
    static var example: String {
        var text = """
            # Settings of `interleaved serve`, each with its default. Give the file with --config or INTERLEAVED_CONFIG.
            # `interleaved config check --config FILE` tells everything that is wrong with one.
            #
            # An environment variable is stronger than this file, a flag is stronger than both: max_queue here is
            # INTERLEAVED_MAX_QUEUE there and --max-queue on the command line. Unknown names are refused.
            # Times are 250ms, 30s, 5m or 1h (seconds without a unit); sizes are bytes, KiB, MiB or GiB.
            #
            # Made by `interleaved config example`.

            """
        for section in SettingTable.sections {
            text += "\n# --- \(section.title) ---\n"
            for setting in section.settings {
                text += "\n" + wrapped(setting.help)
                text += wrapped("Values: \(setting.values).")
                text += "# \(setting.name): \(yaml(setting, setting.standard))\n"
            }
        }
        return text
    }

    /// docs/CONFIGURATION.md.
    static var page: String {
        var text = """
            # Configuration

            Every setting of `interleaved serve` can be given in three places, the later the stronger:

            1. a YAML file, named by `--config` or `INTERLEAVED_CONFIG` ([Config/interleaved.yaml](../Config/interleaved.yaml)
               has every setting with its default): `max_queue: 8`
            2. an environment variable: `INTERLEAVED_MAX_QUEUE=8`
            3. a flag: `--max-queue 8`

            The variable is the file's name in capitals after `INTERLEAVED_`, the flag the same with dashes. Unknown names are
            refused; empty variables count as not set, and those that Kubernetes makes of a Service and Docker of a link are passed
            over. Times are `250ms`, `30s`, `5m` or `1h` (seconds without a unit), sizes are bytes, `KiB`, `MiB` or `GiB`. Where
            one setting bounds another, a default gives way and a value that was given is refused.

            `interleaved config check` tells everything that is wrong with the settings, each with its place, and ends with status 1
            if anything is. `interleaved config show` prints what is in effect as YAML, and where each value comes from. Both take
            what `serve` takes.

            This page is made by `interleaved config docs`, the example file by `interleaved config example`.

            """
        for section in SettingTable.sections {
            text += "\n## \(section.title)\n\n| setting | values | default | |\n|---|---|---|---|\n"
            for setting in section.settings {
                text +=
                    "| `\(setting.name)` | \(setting.values) | `\(setting.standard)` | \(setting.help) |\n"
            }
        }
        return text
    }

    /// What is in effect, as YAML, and where each value comes from.
    static func effective(_ settings: EffectiveSettings) -> String {
        let rows = SettingTable.settings.map { setting in
            let value = yaml(setting, setting.write(settings.configuration))
            return (text: "\(setting.name): \(value)", source: settings.source(of: setting))
        }
        let width = rows.map(\.text.count).max() ?? 0
        return rows.map { row in
            let gap = String(repeating: " ", count: width - row.text.count)
            return "\(row.text)\(gap)  # \(row.source)\n"
        }.joined()
    }

    // MARK: - Forms

    /// A value as it stands in a file.
    private static func yaml(_ setting: Setting, _ text: String) -> String {
        let items = setting.isList ? text.split(separator: ",").map(String.init) : [text]
        let scalars = items.map(scalar)
        return scalars.count == 1 ? scalars[0] : "[\(scalars.joined(separator: ", "))]"
    }

    /// A text as YAML reads it back: as it is where nothing in it has a meaning, else in quotes.
    private static func scalar(_ text: String) -> String {
        let isPlain = text.allSatisfy {
            $0.isASCII && ($0.isLetter || $0.isNumber || "_./-".contains($0))
        }
        if isPlain, let first = text.first, first.isLetter || first.isNumber || first == "/" {
            return text
        }
        let escaped = text.unicodeScalars.map { character in
            switch character {
            case "\"", "\\": "\\\(character)"
            case let character where character.value < 0x20 || character.value == 0x7f:
                "\\x" + hexadecimal(character.value)
            default: "\(character)"
            }
        }
        return "\"\(escaped.joined())\""
    }

    private static func hexadecimal(_ value: UInt32) -> String {
        (value < 16 ? "0" : "") + String(value, radix: 16)
    }

    private static let lineLength = 118

    /// A text as comments, broken between words.
    private static func wrapped(_ text: String) -> String {
        var lines = ["#"]
        for word in text.split(separator: " ") {
            if lines[lines.count - 1].count + 1 + word.count > lineLength { lines.append("#") }
            lines[lines.count - 1] += " \(word)"
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
