import ArgumentParser
import Foundation

/// The flags of all settings, and of the configuration file; what they mean is checked where all layers come together.
///
/// The parser looks at the properties of a type by reflection and gives it their values by decoding. Both are done
/// here from the table, which has a row where other types have a property.
struct SettingOptions: ParsableArguments, CustomReflectable {
    /// The value of `--config`.
    private var config: String?
    /// What was given, by the names of the settings.
    private(set) var values: [String: String] = [:]

    init() {}

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: FlagKey.self)
        config = try container.decode(Option<String?>.self, forKey: .config).wrappedValue
        func read<Section: SettingSection>(_: Section.Type) throws {
            let key = FlagKey(stringValue: "\(Section.self)")
            let group = try container.decode(OptionGroup<SectionFlags<Section>>.self, forKey: key)
            values.merge(group.wrappedValue.values) { $1 }
        }
        for section in SettingTable.sections { try read(section) }
    }

    var customMirror: Mirror {
        func group<Section: SettingSection>(_: Section.Type) -> Mirror.Child {
            ("\(Section.self)", OptionGroup<SectionFlags<Section>>(title: Section.title))
        }
        let file = Option<String?>(
            name: .long,
            help: "YAML file with settings. (\(SettingEnvironment.fileName))",
            completion: .file(extensions: ["yaml", "yml"])
        )
        let groups = SettingTable.sections.map { group($0) }
        return Mirror(self, children: [(FlagKey.config.stringValue, file)] + groups)
    }

    /// What the file, this process's environment and the flags say together.
    var effective: EffectiveSettings {
        EffectiveSettings(
            file: file,
            environment: ProcessInfo.processInfo.environment,
            flags: values
        )
    }

    /// The configuration file, if there is one.
    var file: String? {
        let variable = ProcessInfo.processInfo.environment[SettingEnvironment.fileName]
        return config ?? variable.flatMap { $0.isEmpty ? nil : $0 }
    }
}

/// The flags of one section.
private struct SectionFlags<Section: SettingSection>: ParsableArguments, CustomReflectable {
    private(set) var values: [String: String] = [:]

    init() {}

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: FlagKey.self)
        for setting in Section.settings {
            let key = FlagKey(stringValue: setting.name)
            if setting.isList {
                let texts = try container.decode(Option<[String]>.self, forKey: key).wrappedValue
                values[setting.name] = texts.isEmpty ? nil : texts.joined(separator: ",")
            } else {
                values[setting.name] =
                    try container.decode(Option<String?>.self, forKey: key).wrappedValue
            }
        }
    }

    var customMirror: Mirror {
        Mirror(
            self,
            children: Section.settings.map { setting -> Mirror.Child in
                (setting.name, setting.option)
            }
        )
    }
}

/// The name of a setting or section, for the parser.
private struct FlagKey: CodingKey {
    static let config = FlagKey(stringValue: "config")

    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }

    init?(intValue: Int) { nil }
}

extension Setting {
    /// The definition of the flag.
    fileprivate var option: Any {
        let name = NameSpecification.customLong(flagName)
        let completion = choices.isEmpty ? nil : CompletionKind.list(choices)
        let facts = "\(isList ? "may be repeated; " : "")\(values); default: \(standard)"
        let help = ArgumentHelp("\(help) (\(environmentName); \(facts))")
        if isList {
            return Option<[String]>(
                wrappedValue: [],
                name: name,
                help: help,
                completion: completion
            )
        }
        return Option<String?>(name: name, help: help, completion: completion)
    }
}
