import Jobs
import ServiceAPI

/// Requests that outlive their connections.
enum JobSettings: SettingSection {
    static let title = "Requests that outlive their connections"

    static let settings: [Setting] = [
        Setting(
            "jobs",
            """
            File in which requests with background or an Idempotency-Key are written down, to be taken up when the daemon starts \
            again; one daemon's alone. Its folder must be writable: a journal stands beside it (-wal) that belongs to it. \
            Without it they are kept in memory, and are lost when it ends.
            """,
            .optionalPath,
            \.jobs
        ),
        Setting(
            "max_jobs",
            "Most requests with background or an Idempotency-Key that are kept of one tenant; more are answered with 429.",
            .integer(0...1_000_000),
            \.service.jobs.maximumCount
        ),
        Setting(
            "max_job_bytes",
            "Most bytes of these requests, their events and answers, of one tenant.",
            .byteCount(1 << 10...1 << 40),
            \.service.jobs.maximumByteCount,
            .atLeast,
            "max_body_bytes",
            \.maximumBodyByteCount
        ),
        Setting(
            "max_running_jobs",
            "Most requests with background that the engine has at once; the others wait, and take no place in its queue.",
            .integer(1...10_000),
            \.service.jobs.maximumRunningCount
        ),
        Setting(
            "job_age",
            "How long such a request is kept after its end.",
            .duration(.milliseconds(100)...(.seconds(365 * 86_400))),
            \.service.jobs.age
        ),
    ]
}
