import HTTPServer
import ServiceAPI

/// Life and death of the daemon.
enum LifeSettings: SettingSection {
    static let title = "Life and death"

    private static let times = Duration.milliseconds(100)...(.seconds(86_400))

    static let settings: [Setting] = [
        Setting(
            "drain_delay",
            """
            Time to go on serving after SIGTERM or SIGINT while /readyz says 503, for balancers to notice.
            """,
            .duration(.zero...(.seconds(3600))),
            \.drainDelay
        ),
        Setting(
            "drain_timeout",
            "Longest wait for requests in progress after that; the rest is cancelled.",
            .duration(times),
            \.server.drainLimit
        ),
        Setting(
            "stuck_after",
            "Time without progress of a busy engine after which /livez says 503.",
            .duration(times),
            \.service.stuckAfter
        ),
    ]
}
