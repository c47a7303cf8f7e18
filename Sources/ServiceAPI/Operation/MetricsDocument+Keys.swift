internal import Keys

extension MetricsDocument {
    /// What was done for each key; there are as many as the file has.
    func writeKeys(_ writer: inout ExpositionWriter) {
        guard !keys.isEmpty else { return }
        let keys = keys.map { (name: $0.key.name, usage: $0.usage, runningCount: $0.runningCount) }
        let families: [(name: String, help: String, value: (KeyUsage) -> Double)] = [
            (
                "requests", "Requests that the key opened something for.",
                { Double($0.requestCount) }
            ),
            (
                "refusals", "Requests refused because of the key's limits.",
                { Double($0.refusedCount) }
            ),
            ("tokens", "Tokens read and written for the key.", { Double($0.tokenCount) }),
            ("pictures", "Pictures drawn for the key.", { Double($0.pictureCount) }),
            (
                "machine_seconds", "Machine time of the key's requests, their share of each step.",
                { $0.machineTime / .seconds(1) }
            ),
        ]
        for family in families {
            let name = "interleaved_key_\(family.name)_total"
            writer.family(name, .counter, family.help)
            for key in keys { writer.sample(name, ["key": key.name], family.value(key.usage)) }
        }
        let name = "interleaved_key_requests_running"
        writer.family(name, .gauge, "Requests of the key that wait or are computed.")
        for key in keys { writer.sample(name, ["key": key.name], Double(key.runningCount)) }
    }
}
