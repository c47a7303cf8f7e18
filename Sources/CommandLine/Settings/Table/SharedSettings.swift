import Engine
import HTTPServer
import Scheduling

/// How many at once.
enum SharedSettings: SettingSection {
    static let title = "How many at once"

    private static let memory = 1 << 20...1 << 40

    static let settings = counts + memories + connections

    private static let counts: [Setting] = [
        Setting(
            "max_running",
            "Most requests that are computed together; what each gets does not depend on the others.",
            .integer(1...10_000),
            \.engine.scheduling.maximumRunningCount
        ),
        Setting(
            "max_queue",
            "Most requests that wait beside these; more are answered with 429.",
            .integer(0...10_000),
            \.engine.scheduling.maximumWaitingCount
        ),
        Setting(
            "max_drawings",
            "Most pictures that are drawn together.",
            .integer(1...10_000),
            \.engine.scheduling.drawingCapacity
        ),
        Setting(
            "max_step_rows",
            "Most positions that one step of the language model computes; longer prompts take several steps.",
            .integer(32...65_536),
            \.engine.scheduling.maximumRowCount
        ),
        Setting(
            "max_draft_tokens",
            """
            Most tokens that are guessed from what a text said before, and computed along with its next one where \
            that is likely to save time; 0 for none. Answers are the same with any number.
            """,
            .integer(0...15),
            \.engine.scheduling.maximumDraftCount
        ),
        Setting(
            "step_time",
            """
            Time that a step should take while somebody waits for the next word: fewer pictures are drawn \
            together then.
            """,
            .duration(.milliseconds(1)...(.seconds(3600))),
            \.engine.scheduling.stepDurationTarget
        ),
    ]

    private static let memories: [Setting] = [
        Setting(
            "memory_bytes",
            """
            Memory that the daemon may take in all, weights included: caches and steps that nobody has set are made to \
            fit. By itself it takes what the machine or its control groups leave it.
            """,
            .byteCount(memory, none: "auto"),
            \.memoryByteCount
        ),
        Setting(
            "max_decoding_pixels",
            """
            Most pixels of large pictures that are decoded at the same time, of all requests; what is beyond \
            waits.
            """,
            .integer(1...100_000_000_000),
            \.engine.maximumDecodingPixelCount,
            .atLeast,
            "max_image_pixels",
            \.engine.maximumPixelCount
        ),
        Setting(
            "max_pending_bytes",
            """
            Memory for the texts and picture files of all requests together, as they came, until they are tokens \
            and pixels; that begins at once, also for requests that wait. One for which there is no room now is \
            answered with 429.
            """,
            .byteCount(memory),
            \.engine.scheduling.inputByteBudget,
            .atLeast,
            "max_body_bytes",
            share: "3/4 of",
            \.maximumInputByteCount
        ),
        Setting(
            "kv_cache_bytes",
            """
            Memory for keys and values of sequences, running ones and ones that may be continued. One sequence \
            of the model's longest always fits.
            """,
            .byteCount(memory),
            \.engine.keyValueByteBudget
        ),
        Setting(
            "image_cache_bytes",
            """
            Memory for features of pictures, so that none is encoded twice while it is here. The pictures of \
            one sequence always fit where there is memory for them; sequences of more are refused.
            """,
            .byteCount(memory),
            \.engine.imageByteBudget
        ),
        Setting(
            "drawing_bytes",
            """
            Memory for what drawings keep between their steps; most of it is what the picture before tells them. \
            No more are drawn together than fit. One always fits.
            """,
            .byteCount(memory),
            \.engine.drawingByteBudget
        ),
    ]

    private static let connections: [Setting] = [
        Setting(
            "max_connections",
            """
            Most connections at once, idle ones included; fewer where the process may not open so many files \
            (ulimit -n).
            """,
            .integer(1...15_000),
            \.server.maximumConnectionCount
        ),
        Setting(
            "max_client_connections",
            """
            Most connections of one client at once: of an IPv4 address, or a network of IPv6 (64 bits); more are \
            answered with 429. Clients on this machine and trusted_proxies may have any number.
            """,
            .integer(1...15_000),
            \.server.maximumClientConnectionCount,
            .atMost,
            "max_connections",
            \.server.maximumConnectionCount
        ),
        Setting(
            "body_bytes",
            """
            Most bytes of request bodies on their way in, over all connections, until the engine takes them \
            over (and max_pending_bytes counts them). When they run short the client that sends most is refused \
            first; one on this machine never for others.
            """,
            .byteCount(memory),
            \.server.bodyByteBudget,
            .atLeast,
            "max_body_bytes",
            \.maximumBodyByteCount
        ),
        Setting(
            "client_body_bytes",
            """
            Most of these bytes of one client at once: of an IPv4 address, or a network of IPv6 (64 bits); more are answered \
            with 429. Clients on this machine may have any number, and trusted_proxies where they do not say for whom.
            """,
            .byteCount(memory),
            \.server.clientBodyByteBudget,
            .atLeast,
            "max_body_bytes",
            \.maximumBodyByteCount
        ),
        Setting(
            "answer_bytes",
            """
            Most bytes of answers, over all connections, that wait for their clients to read; beyond, the \
            slowest are cut.
            """,
            .byteCount(memory),
            \.server.answerByteBudget
        ),
    ]
}
