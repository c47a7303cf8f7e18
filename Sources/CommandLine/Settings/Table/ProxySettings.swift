import HTTPServer

/// Proxies in front of the daemon.
enum ProxySettings: SettingSection {
    static let title = "Proxies in front"

    static let settings: [Setting] = [
        Setting(
            "trusted_proxies",
            """
            Who is believed when a request says for whom it was sent: addresses, networks such as 10.0.0.0/8, unix for \
            every socket file. The client is the last address that is none of these; the budget of bodies goes by it.
            """,
            .addressRanges,
            \.server.trustedProxies
        ),
        Setting(
            "forwarding_field",
            """
            The field in which they say it. Only the one that the proxy writes may be read: clients could write the \
            other themselves.
            """,
            .choice,
            \.server.forwardingField
        ),
    ]
}
