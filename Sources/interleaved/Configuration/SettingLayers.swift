import ArgumentParser
import Foundation
import Yams

/// Settings from the configuration file, the environment and the command line, the later the stronger.
struct SettingLayers {
    private var texts: [Setting: SettingText] = [:]

    /// Largest configuration file that is read.
    private static let maximumByteCount = 1 << 20

    /// Reads all layers.
    ///
    /// - Parameters:
    ///   - file: Path of the configuration file, if there is one.
    ///   - environment: All variables; those named `INTERLEAVED_...` must be known.
    ///   - flags: Values of the command line.
    /// - Throws: `ValidationError` that names the place of what cannot be used.
    init(
        file: String?,
        environment: [String: String],
        flags: [Setting: String]
    ) throws {
        if let file { try readFile(file) }
        try readEnvironment(environment)
        for (setting, text) in flags {
            texts[setting] = SettingText(text: text, source: setting.flagName)
        }
    }

    /// The strongest value of a setting, and where it stands.
    subscript(setting: Setting) -> SettingText? { texts[setting] }

    // MARK: - Layers

    private mutating func readFile(_ path: String) throws {
        let data: Data
        do {
            let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            data = try handle.read(upToCount: Self.maximumByteCount + 1) ?? Data()
        } catch {
            throw ValidationError("\(path): cannot be read")
        }
        guard data.count <= Self.maximumByteCount else {
            throw ValidationError("\(path): is larger than \(Self.maximumByteCount) bytes")
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw ValidationError("\(path): is no UTF-8 text")
        }
        let node: Node?
        do {
            node = try Yams.compose(yaml: text)
        } catch {
            throw ValidationError("\(path): \(error)")
        }
        // A file of comments alone sets nothing.
        guard let node, node.null == nil else { return }
        guard let mapping = node.mapping else {
            throw ValidationError("\(path): must be a mapping of settings to values")
        }
        for (key, value) in mapping {
            let name = key.scalar?.string ?? ""
            guard let setting = Setting(rawValue: name) else {
                throw ValidationError(
                    "\(path): \"\(name)\" is no setting; known are "
                        + Setting.allCases.map(\.rawValue).joined(separator: ", ")
                )
            }
            guard let scalar = value.scalar else {
                throw ValidationError("\(path): \(name) must have a single value")
            }
            texts[setting] = SettingText(text: scalar.string, source: "\(path): \(name)")
        }
    }

    private mutating func readEnvironment(_ environment: [String: String]) throws {
        let byName = Dictionary(
            uniqueKeysWithValues: Setting.allCases.map { ($0.environmentName, $0) }
        )
        for (name, text) in environment where name.hasPrefix("INTERLEAVED_") {
            if Self.otherVariables.contains(name) { continue }
            guard let setting = byName[name] else {
                throw ValidationError(
                    "\(name) is no setting; known are "
                        + byName.keys.sorted().joined(separator: ", ")
                )
            }
            texts[setting] = SettingText(text: text, source: name)
        }
    }

    /// Variables of the project that are no settings of the daemon.
    private static let otherVariables: Set<String> = [
        "INTERLEAVED_ISA", "INTERLEAVED_CONFIG", "INTERLEAVED_ORACLE",
    ]
}
