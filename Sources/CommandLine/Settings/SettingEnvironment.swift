/// Settings from environment variables.
struct SettingEnvironment {
    private(set) var settings: [GivenSetting] = []
    private(set) var faults: [SettingFault] = []

    /// The variable that names the configuration file.
    static let fileName = "INTERLEAVED_CONFIG"

    /// Variables of the project that are no settings of the daemon.
    private static let otherNames: Set<String> = [
        fileName, ClientOptions.keyVariable, "INTERLEAVED_ISA", "INTERLEAVED_ORACLE",
        "INTERLEAVED_COMMIT",
    ]

    /// Takes the variables named `INTERLEAVED_...`, which must be known.
    ///
    /// Empty ones count as not set, and those that Kubernetes makes of a Service and Docker of a link are passed over.
    init(_ environment: [String: String]) {
        for (name, text) in environment.sorted(by: { $0.key < $1.key })
        where name.hasPrefix("INTERLEAVED_") && !text.isEmpty {
            if Self.otherNames.contains(name) || isServiceLink(name, text) { continue }
            // Letters that look the same are not the same name.
            if let setting = SettingTable.byEnvironmentName[name], name.allSatisfy(\.isASCII) {
                settings.append(
                    GivenSetting(setting: setting, text: text, source: .environment(name))
                )
            } else {
                let known = SettingTable.byEnvironmentName.keys
                faults.append(
                    SettingFault("\(name) is no setting\(suggestion(for: name, among: known))")
                )
            }
        }
    }
}
