import ServiceAPI

/// Streams.
enum StreamSettings: SettingSection {
    static let title = "Streams"

    static let settings: [Setting] = [
        Setting(
            "heartbeat",
            "Longest silence of a stream before a comment keeps it visibly alive.",
            .duration(.milliseconds(100)...(.seconds(86_400))),
            \.service.heartbeat
        ),
        Setting(
            "stream_buffer_bytes",
            "Bytes of a stream that may wait for a slow client before it is cut and its request cancelled.",
            .byteCount(1 << 16...1 << 30),
            \.service.maximumBacklogByteCount
        ),
    ]
}
