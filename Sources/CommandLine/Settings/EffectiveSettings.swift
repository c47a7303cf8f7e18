/// Settings from the configuration file, the environment and the command line, the later the stronger: what counts, where
/// it comes from, and everything that is wrong.
struct EffectiveSettings {
    /// What counts; faulty values are left out.
    private(set) var configuration = DaemonConfiguration()
    /// What is wrong, in the order of the layers.
    private(set) var faults: [SettingFault] = []

    private var sources: [String: SettingSource] = [:]
    private var faultyNames: Set<String> = []

    /// Reads all layers.
    ///
    /// What a layer says is checked even where a stronger one says otherwise.
    ///
    /// - Parameters:
    ///   - file: Path of the configuration file, if there is one.
    ///   - environment: All variables, see ``SettingEnvironment``.
    ///   - flags: Values of the command line by names of settings.
    init(file: String?, environment: [String: String], flags: [String: String]) {
        var given: [GivenSetting] = []
        if let file {
            let file = SettingFile(path: file)
            given += file.settings
            faults += file.faults
        }
        let variables = SettingEnvironment(environment)
        given += variables.settings
        faults += variables.faults
        given += SettingTable.settings.compactMap { setting in
            flags[setting.name].map {
                GivenSetting(setting: setting, text: $0, source: .flag(setting.flag))
            }
        }
        for value in given { read(value) }
        agree(given)
        checkExposure(given)
        // Those of the file in the order in which they stand there.
        faults =
            faults.filter { $0.line != nil }.sorted { ($0.line ?? 0) < ($1.line ?? 0) }
            + faults.filter { $0.line == nil }
    }

    /// Where the value of a setting comes from.
    func source(of setting: Setting) -> SettingSource { sources[setting.name] ?? .standard }

    /// The configuration.
    ///
    /// - Throws: ``SettingFaults`` if anything is wrong.
    func checked() throws(SettingFaults) -> DaemonConfiguration {
        guard faults.isEmpty else { throw SettingFaults(faults: faults) }
        var configuration = configuration
        configuration.unsetNames = Set(SettingTable.settings.map(\.name))
            .subtracting(sources.keys)
        return configuration
    }

    private mutating func read(_ given: GivenSetting) {
        let name = given.setting.name
        do throws(InvalidValue) {
            try given.setting.read(given.text, &configuration)
            sources[name] = given.source
        } catch {
            faults.append(SettingFault(given, error))
            faultyNames.insert(name)
        }
    }

    /// Nobody is to open a door by accident.
    private mutating func checkExposure(_ given: [GivenSetting]) {
        let names: Set = ["host", "api_keys", "allow_unauthenticated"]
        guard faultyNames.isDisjoint(with: names),
            let (name, fault) = configuration.exposureFault,
            let strongest = given.last(where: { $0.setting.name == name })
        else { return }
        faults.append(SettingFault(strongest, fault))
    }

    /// Settings that bound the same from two sides: a default gives way, two that were given must agree.
    private mutating func agree(_ given: [GivenSetting]) {
        for setting in SettingTable.settings {
            guard let bound = setting.bound,
                faultyNames.isDisjoint(with: [setting.name, bound.other])
            else { continue }
            guard let excess = bound.fit(&configuration) else { continue }
            let strongest = given.last { $0.setting.name == setting.name }
            if let strongest {
                faults.append(SettingFault(strongest, excess))
            } else {
                sources[setting.name] = .bound(by: bound.other)
            }
        }
    }
}

/// Everything that is wrong with the settings, a line each.
struct SettingFaults: Error, Hashable, CustomStringConvertible {
    let faults: [SettingFault]

    var description: String {
        let lines = faults.map(\.description)
        guard lines.count > 1 else { return lines.joined() }
        return (["\(lines.count) faults in the settings:"] + lines).joined(separator: "\n  ")
    }
}
