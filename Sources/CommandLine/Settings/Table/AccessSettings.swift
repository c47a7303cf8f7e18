import ServiceAPI

/// Who may ask.
enum AccessSettings: SettingSection {
    static let title = "Who may ask"

    static let settings: [Setting] = [
        Setting(
            "api_keys",
            """
            File of the keys that clients must send (`interleaved key add`); without it everybody who reaches the daemon may do \
            everything. Read again with SIGHUP.
            """,
            .optionalPath,
            \.apiKeys
        ),
        Setting(
            "allow_unauthenticated",
            "Whether to listen on addresses that others reach although no key is asked for.",
            .yesOrNo,
            \.allowsUnauthenticated
        ),
        Setting(
            "open_metrics",
            """
            Whether /metrics and /v1/engine need no key where others do; the latter then tells of no requests.
            """,
            .yesOrNo,
            \.service.opensMetrics
        ),
        Setting(
            "allowed_hosts",
            """
            Names under which the daemon may be asked (Host), besides localhost and its numeric addresses; * for all. auto is \
            none, but all where others reach it and keys are asked for.
            """,
            .hostNames,
            \.allowedHosts
        ),
        Setting(
            "allowed_origins",
            """
            Origins whose pages may use the daemon from a browser (CORS): scheme, host and port as browsers name them, \
            or * for all. Others' requests are refused.
            """,
            .origins,
            \.service.allowedOrigins
        ),
    ]
}
