import Engine
import HTTPServer
import ServiceAPI

/// What is served, and where.
enum ServedSettings: SettingSection {
    static let title = "What is served, and where"

    /// How many workers there may be, in the daemon and in every other command.
    static let workerCounts = 0...1024

    static let settings: [Setting] = [
        Setting(
            "model",
            """
            Model directory (config.json, tokenizer.model, model.safetensors, templates.json) or model file (as `interleaved \
            quantize` makes it), or the name of a model that is installed.
            """,
            .model,
            \.model
        ),
        Setting(
            "profile",
            """
            Formats of the weights: single precision as the reference; bfloat16; bytes for weights and inputs; \
            the same with four bits in the language model. A model file decides itself.
            """,
            .choice,
            \.profile
        ),
        Setting(
            "host",
            """
            Where to listen: a numeric address, localhost for both families, unix:/path for a socket file; or \
            several of these. "::" takes IPv4, too, unless 0.0.0.0 stands beside it.
            """,
            .addresses,
            \.server.hosts
        ),
        Setting(
            "socket_mode",
            "Permissions of socket files: who may connect.",
            .permissions,
            \.server.socketFileMode
        ),
        Setting(
            "socket_owner",
            """
            Whose socket files become, as chown takes it: a proxy's group, say. Only root gives files to other users, and to \
            groups that it is not in.
            """,
            .fileOwner,
            \.server.socketFileOwner
        ),
        Setting(
            "port",
            "Port to listen on; 0 takes a free one, which the log names.",
            .integer(0...65_535),
            \.server.port
        ),
        Setting(
            "workers",
            "Worker threads of the model; 0 for one per processor.",
            .integer(workerCounts),
            \.engine.workerCount
        ),
        Setting(
            "pin_workers",
            "Whether each worker keeps to a processor of its own.",
            .yesOrNo,
            \.engine.pinsWorkers
        ),
    ]
}
