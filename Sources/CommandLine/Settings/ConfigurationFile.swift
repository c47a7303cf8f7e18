/// A configuration file by itself, without environment and flags.
package enum ConfigurationFile {
    /// Reads a file as the daemon does.
    ///
    /// - Throws: what is wrong with it, every fault.
    package static func check(_ path: String) throws {
        _ = try EffectiveSettings(file: path, environment: [:], flags: [:]).checked()
    }
}
