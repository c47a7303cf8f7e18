/// A configuration file by itself, without environment and flags.
package enum ConfigurationFile {
    /// Reads a file as the daemon does.
    ///
    /// - Throws: `ValidationError` that names the place of what cannot be used.
    package static func check(_ path: String) throws {
        _ = try DaemonConfiguration(SettingLayers(file: path, environment: [:], flags: [:]))
    }
}
