/// Settings that belong together.
protocol SettingSection: Sendable {
    /// What they are about.
    static var title: String { get }
    /// In the order in which people read of them.
    static var settings: [Setting] { get }
}

/// The table of all settings: what is not here cannot be set.
///
/// To add a setting, add a row here and the property that it sets.
enum SettingTable {
    /// All sections, in the order in which people read of them.
    static let sections: [any SettingSection.Type] = [
        ServedSettings.self, AccessSettings.self, EncryptionSettings.self, ObservingSettings.self,
        RequestSettings.self, SharedSettings.self,
        StreamSettings.self, JobSettings.self,
        ConnectionSettings.self, ProxySettings.self, LifeSettings.self,
    ]

    /// All settings.
    static let settings = sections.flatMap { $0.settings }

    /// All settings by their keys in the file.
    static let byName = Dictionary(uniqueKeysWithValues: settings.map { ($0.name, $0) })

    /// All settings by their environment variables.
    static let byEnvironmentName = Dictionary(
        uniqueKeysWithValues: settings.map { ($0.environmentName, $0) }
    )
}
