import HTTPServer

/// Connections.
enum ConnectionSettings: SettingSection {
    static let title = "Connections"

    private static let times = Duration.milliseconds(100)...(.seconds(86_400))
    private static let rates = 0...1 << 30

    static let settings: [Setting] = [
        Setting(
            "idle_timeout",
            "Longest silence between two requests of a connection.",
            .duration(times),
            \.server.idleTimeout
        ),
        Setting(
            "head_timeout",
            "Longest time for the head of a request.",
            .duration(times),
            \.server.headTimeout
        ),
        Setting(
            "body_timeout",
            "Longest silence within the body of a request.",
            .duration(times),
            \.server.bodyTimeout
        ),
        Setting(
            "write_timeout",
            "Longest time in which a client may take nothing of its answer.",
            .duration(times),
            \.server.writeStallTimeout
        ),
        Setting(
            "body_rate",
            """
            Least rate per second of a body; 0 for none. Averaged, but what was fast once does not make up for \
            a silence above body_timeout.
            """,
            .byteCount(rates),
            \.server.minimumBodyByteRate
        ),
        Setting(
            "answer_rate",
            """
            Least rate per second at which a client must take an answer that waits; 0 for none. Averaged, but \
            what was fast once does not make up for a silence above write_timeout.
            """,
            .byteCount(rates),
            \.server.minimumAnswerByteRate
        ),
        Setting(
            "rate_grace",
            "Time before these rates count.",
            .duration(times),
            \.server.rateGrace
        ),
    ]
}
