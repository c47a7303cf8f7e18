import JSON

/// Where a value comes from.
enum SettingSource: Hashable, Sendable, CustomStringConvertible {
    /// Nobody gave one.
    case standard
    /// Nobody gave one, and the default gave way to another setting.
    case bound(by: String)
    case file(String, line: Int)
    case environment(String)
    case flag(String)

    var description: String {
        switch self {
        case .standard: "default"
        case .bound(let name): "default, bounded by \(name)"
        case .file(let path, let line): "\(path):\(line)"
        case .environment(let name), .flag(let name): name
        }
    }
}

/// What is wrong with a setting, and where.
struct SettingFault: Hashable, CustomStringConvertible {
    let description: String
    /// The line of the file, if it is in one.
    let line: Int?

    /// Describes a fault that is not a value's.
    init(_ description: String) {
        self.description = description
        line = nil
    }

    /// Describes a fault in a line of a file.
    init(_ path: String, line: Int, _ detail: String) {
        description = "\(path):\(line): \(detail)"
        self.line = line
    }

    /// Describes a value that cannot be used.
    init(_ given: GivenSetting, _ reason: InvalidValue) {
        let detail = "\"\(printable(given.text, maximum: 200))\" \(reason.detail)"
        if case .file(let path, let line) = given.source {
            self.init(path, line: line, "\(given.setting.name): \(detail)")
        } else {
            // Flags and variables are names already.
            self.init("\(given.source): \(detail)")
        }
    }
}

/// A setting as it was written somewhere.
struct GivenSetting {
    let setting: Setting
    let text: String
    let source: SettingSource
}
