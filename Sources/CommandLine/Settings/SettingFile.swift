import Files
import JSON
import Yams

/// The configuration file: a mapping of settings to values in YAML.
struct SettingFile {
    private(set) var settings: [GivenSetting] = []
    private(set) var faults: [SettingFault] = []

    private let path: String

    /// Largest file that is read.
    private static let maximumByteCount = 1 << 20

    /// Reads a file; what is wrong with it is told all at once in ``faults``.
    init(path: String) {
        self.path = path
        do throws(FileError) {
            read(
                try File.readText(
                    path,
                    maximumByteCount: Self.maximumByteCount,
                    mayBePipe: true
                )
            )
        } catch {
            faults.append(SettingFault(error.description))
        }
    }

    private mutating func read(_ text: String) {
        // A file of comments alone sets nothing.
        guard let node = compose(text), node.null == nil else { return }
        guard let mapping = node.mapping else {
            refuse(node, "must be a mapping of settings to values")
            return
        }
        for (key, value) in mapping { read(key, value) }
    }

    private mutating func read(_ key: Node, _ value: Node) {
        guard let name = key.scalar?.string else {
            return refuse(key, "must be the name of a setting")
        }
        guard let setting = SettingTable.byName[name] else {
            // Of names that stand here twice compose has told already.
            guard !name.hasPrefix(Self.repeatedKey) else { return }
            let known = suggestion(for: name, among: SettingTable.byName.keys)
            return refuse(key, "\"\(printable(name, maximum: 200))\" is no setting\(known)")
        }
        let items = setting.isList ? value.sequence.map(Array.init) ?? [value] : [value]
        let texts = items.compactMap(\.scalar?.string)
        guard texts.count == items.count, !texts.isEmpty else {
            let kind = setting.isList ? "a single value or a list of them" : "a single value"
            return refuse(key, "\(name): must have \(kind)")
        }
        settings.append(
            GivenSetting(
                setting: setting,
                text: texts.joined(separator: ","),
                source: .file(path, line: key.mark?.line ?? 1)
            )
        )
    }

    private mutating func refuse(_ node: Node, _ detail: String) {
        faults.append(SettingFault(path, line: node.mark?.line ?? 1, detail))
    }

    // MARK: - YAML

    /// What a key that stands twice is called from its second place on, so that the rest can be read.
    private static let repeatedKey = "again, in line "

    private mutating func compose(_ text: String) -> Node? {
        do {
            return try Yams.compose(yaml: text)
        } catch YamlError.duplicatedKeysInMapping(let names, let context) {
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            var renamed = lines.map(String.init)
            for name in names {
                let places = lines.indices.filter { lines[$0].hasPrefix("\(name):") }
                for place in places.dropFirst() {
                    let detail = "\(printable(name)): stands in line \(places[0] + 1) already"
                    faults.append(SettingFault(path, line: place + 1, detail))
                    renamed[place] =
                        "\"\(Self.repeatedKey)\(place)\"\(lines[place].dropFirst(name.count))"
                }
            }
            if renamed != lines.map(String.init),
                let node = try? Yams.compose(yaml: renamed.joined(separator: "\n"))
            {
                return node
            }
            // Written in another way than a line per setting: where exactly, the parser does not say.
            let shown = names.map { printable($0) }.joined(separator: ", ")
            let detail = "\(shown): stands in the file twice"
            faults.append(SettingFault(path, line: context.mark.line, detail))
        } catch let error as YamlError {
            faults.append(fault(error))
        } catch {
            faults.append(SettingFault("\(path): is no YAML: \(error)"))
        }
        return nil
    }

    /// What the parser found, without the text of the file.
    private func fault(_ error: YamlError) -> SettingFault {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            SettingFault(path, line: mark.line, "is no YAML: \(problem)")
        case .reader(let problem, _, _, _): SettingFault("\(path): is no YAML: \(problem)")
        default: SettingFault("\(path): is no YAML: \(error)")
        }
    }
}
