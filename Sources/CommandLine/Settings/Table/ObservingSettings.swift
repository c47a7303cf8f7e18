import LoadGenerator

/// What is told of the daemon's work.
enum ObservingSettings: SettingSection {
    static let title = "What is told of it"

    static let settings: [Setting] = [
        Setting("log_level", "What is worth a line of the log.", .choice, \.logLevel),
        Setting(
            "log_format",
            "Lines of the log for people, or an object of JSON per line for programs.",
            .choice,
            \.logFormat
        ),
        Setting(
            "otlp_endpoint",
            """
            Collector of OpenTelemetry that gets a span per request, and one per stay in the queue and each stage, by HTTP in \
            JSON at /v1/traces; none for no spans.
            """,
            .collector,
            \.collector
        ),
    ]
}

extension SettingKind where Value == ServerAddress? {
    /// A daemon elsewhere, or none.
    static var collector: SettingKind {
        SettingKind(
            values: "none, a URL such as http://collector:4318",
            read: { (text) throws(InvalidValue) in
                if text == "none" { return nil }
                do throws(ServerAddress.Fault) {
                    return try ServerAddress(text)
                } catch {
                    throw InvalidValue("is no address of a collector: \(error)")
                }
            },
            write: { $0.map { "\($0)" } ?? "none" }
        )
    }
}
