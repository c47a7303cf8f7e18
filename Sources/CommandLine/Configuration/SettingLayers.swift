import ArgumentParser
import Files
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
    ///   - environment: All variables; those named `INTERLEAVED_...` must be known. Empty
    ///     ones count as not set, and those that Kubernetes makes of a Service are passed over.
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
        let text: String
        do throws(FileError) {
            text = try File.readText(path, maximumByteCount: Self.maximumByteCount)
        } catch {
            throw ValidationError(error.description)
        }
        let node: Node?
        do {
            node = try Yams.compose(yaml: text)
        } catch {
            throw ValidationError("\(path): is no YAML: \(error)")
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
            let items = setting.isList ? value.sequence.map(Array.init) ?? [value] : [value]
            let texts = items.compactMap(\.scalar?.string)
            guard texts.count == items.count, !texts.isEmpty else {
                throw ValidationError("\(path): \(name) must have a single value")
            }
            self.texts[setting] = SettingText(
                text: texts.joined(separator: ","),
                source: "\(path): \(name)"
            )
        }
    }

    private mutating func readEnvironment(_ environment: [String: String]) throws {
        let byName = Dictionary(
            uniqueKeysWithValues: Setting.allCases.map { ($0.environmentName, $0) }
        )
        for (name, text) in environment where name.hasPrefix("INTERLEAVED_") {
            if text.isEmpty || Self.otherVariables.contains(name) { continue }
            if isServiceLink(name, text) { continue }
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
        "INTERLEAVED_ISA", "INTERLEAVED_CONFIG", "INTERLEAVED_ORACLE", "INTERLEAVED_COMMIT",
    ]
}

/// Whether a variable is one that Kubernetes sets in a container for a Service of its namespace, here one
/// whose name begins with that of this program: such as `INTERLEAVED_SERVICE_HOST`,
/// `INTERLEAVED_SERVICE_PORT_HTTP`, `INTERLEAVED_PORT=tcp://10.0.0.1:8080`, `INTERLEAVED_PORT_8080_TCP_ADDR`.
///
/// Source: Kubernetes, "Service: environment variables", and Docker's links that these follow.
func isServiceLink(_ name: String, _ text: String) -> Bool {
    let words = name.split(separator: "_", omittingEmptySubsequences: false)
    let protocols: [Substring] = ["TCP", "UDP", "SCTP"]
    for (index, word) in words.enumerated().dropFirst() {
        let rest = words[(index + 1)...]
        switch word {
        case "SERVICE" where rest.first == "HOST" && rest.count == 1: return true
        case "SERVICE" where rest.first == "PORT": return true
        case "PORT" where rest.isEmpty:
            return protocols.contains { text.hasPrefix($0.lowercased() + "://") }
        case "PORT" where rest.count >= 2:
            let number = rest[rest.startIndex]
            if number.allSatisfy(\.isNumber), protocols.contains(rest[rest.startIndex + 1]) {
                return true
            }
        default: break
        }
    }
    return false
}
