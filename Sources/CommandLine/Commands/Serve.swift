import ArgumentParser
import CLinux
import Foundation
import HTTPServer
import Logging
import ServiceAPI

/// Runs the daemon.
struct Serve: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve a model over HTTP.",
        discussion: """
            Every setting can be given in three places, the later the stronger:
              1. a YAML file (--config, or INTERLEAVED_CONFIG): max_queue: 8
              2. the environment: INTERLEAVED_MAX_QUEUE=8
              3. a flag: --max-queue 8
            The name in the file is the flag's with underscores, in the environment the same in capitals \
            after INTERLEAVED_. Unknown names are refused. Times are 250ms, 30s, 5m or 1h (seconds \
            without a unit), sizes are bytes, KiB, MiB or GiB. Config/interleaved.yaml has every \
            setting with its default.

            The server listens at once; until the model is loaded /readyz says 503 and how far it is. \
            SIGTERM or SIGINT ends it: /readyz says so at once, new requests are served for drain_delay more \
            and refused afterwards, requests in progress are answered. A second signal ends it at once.
            """
    )

    @Option(help: "YAML file with settings.")
    var config: String?

    @Flag(help: "Before serving, compare every weight with the checksum recorded beside it.")
    var check = false

    @OptionGroup(title: "Settings")
    var flags: SettingFlags

    func run() throws {
        ilv_return_large_memory()
        let environment = ProcessInfo.processInfo.environment
        let layers = try SettingLayers(
            file: config ?? environment["INTERLEAVED_CONFIG"].flatMap { $0.isEmpty ? nil : $0 },
            environment: environment,
            flags: flags.values
        )
        let configuration = try DaemonConfiguration(layers)
        let log = LogBuffer(descriptor: 2)
        LoggingSystem.bootstrap { label in
            var handler = StreamLogHandler(label: label, stream: LogStream(log))
            handler.logLevel = configuration.logLevel
            return handler
        }
        defer { log.flush(limit: .seconds(1)) }
        let daemon = Daemon(
            configuration,
            checksWeights: check,
            logger: Logger(label: "interleaved"),
            log: log
        )
        try daemon.run()
    }
}

/// The flags of the settings; what they mean is checked where all layers come together.
struct SettingFlags: ParsableArguments {
    @Option(help: "Model directory, or name of a model that is installed. (default: nano)")
    var model: String?
    @Option(
        help: """
            Address to listen on, may be repeated: numeric, localhost for both families, or unix:/path. \
            :: takes IPv4, too. (default: 127.0.0.1)
            """
    )
    var host: [String] = []
    @Option(help: "Port to listen on; 0 for a free one. (default: 8080)")
    var port: String?
    @Option(help: "Permissions of UNIX sockets, in octal. (default: 660)")
    var socketMode: String?
    @Option(help: "Worker threads; 0 for one per processor. (default: 0)")
    var workers: String?
    @Option(help: "trace, debug, info, notice, warning, error or critical. (default: info)")
    var logLevel: String?
    @Option(help: "Most requests that are computed together. (default: 32)")
    var maxRunning: String?
    @Option(help: "Most requests that wait beside these. (default: 64)")
    var maxQueue: String?
    @Option(help: "Most pictures that are drawn together. (default: 8)")
    var maxDrawings: String?
    @Option(help: "Most bytes of input of all requests in progress. (default: 256MiB)")
    var maxPendingBytes: String?
    @Option(help: "Memory for keys and values of sequences. (default: 512MiB)")
    var kvCacheBytes: String?
    @Option(help: "Memory for features of pictures. (default: 256MiB)")
    var imageCacheBytes: String?
    @Option(help: "Most positions that one step of the language model computes. (default: 256)")
    var maxStepRows: String?
    @Option(
        help: "Time that a step should take while somebody waits for words. (default: 50ms)"
    )
    var stepTime: String?
    @Option(help: "Largest request body. (default: 64MiB)")
    var maxBodyBytes: String?
    @Option(help: "Largest header of a request. (default: 16KiB)")
    var maxHeaderBytes: String?
    @Option(
        help: "Most bytes of bodies on their way in, over all connections. (default: 256MiB)"
    )
    var bodyBytes: String?
    @Option(
        help: "Most bytes of answers that wait to be read, over all connections. (default: 256MiB)"
    )
    var answerBytes: String?
    @Option(help: "Most connections at once. (default: 1024)")
    var maxConnections: String?
    @Option(help: "Most pixels of a picture in a request. (default: 40000000)")
    var maxImagePixels: String?
    @Option(help: "Most pixels of all pictures of a request. (default: 160000000)")
    var maxRequestPixels: String?
    @Option(help: "Most pixels of large pictures decoded at once. (default: 80000000)")
    var maxDecodingPixels: String?
    @Option(help: "Most texts and pictures of one request. (default: 256)")
    var maxInputParts: String?
    @Option(help: "Most new tokens of a text segment. (default: 4096)")
    var maxTokens: String?
    @Option(help: "Most segments of an answer. (default: 32)")
    var maxSegments: String?
    @Option(help: "Most denoising steps of a picture. (default: 1000)")
    var maxSteps: String?
    @Option(help: "Most pictures of one context (image.n). (default: 8)")
    var maxImages: String?
    @Option(help: "Most texts of one context (text.n). (default: 8)")
    var maxTexts: String?
    @Option(help: "Most beams. (default: 8)")
    var maxBeams: String?
    @Option(help: "Most options to score. (default: 256)")
    var maxOptions: String?
    @Option(help: "Time of a request that sets no timeout_ms. (default: 10m)")
    var requestTimeout: String?
    @Option(help: "Longest timeout_ms that a request may set. (default: 1h)")
    var maxRequestTimeout: String?
    @Option(help: "Longest silence of a stream. (default: 15s)")
    var heartbeat: String?
    @Option(help: "Bytes of a stream that may wait for a slow client. (default: 16MiB)")
    var streamBufferBytes: String?
    @Option(help: "Longest silence between two requests of a connection. (default: 75s)")
    var idleTimeout: String?
    @Option(help: "Longest time for the head of a request. (default: 15s)")
    var headTimeout: String?
    @Option(help: "Longest silence within the body of a request. (default: 30s)")
    var bodyTimeout: String?
    @Option(help: "Longest time in which a client may take nothing of its answer. (default: 30s)")
    var writeTimeout: String?
    @Option(help: "Least rate of a body per second; 0 for none. (default: 1KiB)")
    var bodyRate: String?
    @Option(help: "Least rate per second at which an answer is read; 0 for none. (default: 1KiB)")
    var answerRate: String?
    @Option(help: "Time before these rates count. (default: 10s)")
    var rateGrace: String?
    @Option(help: "Time to go on serving after SIGTERM, for balancers to notice. (default: 0s)")
    var drainDelay: String?
    @Option(help: "Longest wait for requests in progress when stopping. (default: 30s)")
    var drainTimeout: String?
    @Option(help: "Time without progress after which /livez says 503. (default: 5m)")
    var stuckAfter: String?

    /// The flags that were given.
    var values: [Setting: String] {
        let all: [Setting: String?] = [
            .model: model, .host: host.isEmpty ? nil : host.joined(separator: ","), .port: port,
            .socketMode: socketMode, .bodyBytes: bodyBytes, .answerBytes: answerBytes,
            .bodyRate: bodyRate, .answerRate: answerRate, .rateGrace: rateGrace,
            .workers: workers, .logLevel: logLevel,
            .maxQueue: maxQueue, .maxRunning: maxRunning, .maxDrawings: maxDrawings,
            .maxPendingBytes: maxPendingBytes, .kvCacheBytes: kvCacheBytes,
            .imageCacheBytes: imageCacheBytes, .maxStepRows: maxStepRows, .stepTime: stepTime,
            .maxBodyBytes: maxBodyBytes, .maxHeaderBytes: maxHeaderBytes,
            .maxConnections: maxConnections, .maxImagePixels: maxImagePixels,
            .maxRequestPixels: maxRequestPixels, .maxDecodingPixels: maxDecodingPixels,
            .maxInputParts: maxInputParts, .maxTokens: maxTokens, .maxSegments: maxSegments,
            .maxSteps: maxSteps, .maxImages: maxImages, .maxTexts: maxTexts,
            .maxBeams: maxBeams, .maxOptions: maxOptions, .requestTimeout: requestTimeout,
            .maxRequestTimeout: maxRequestTimeout, .heartbeat: heartbeat,
            .streamBufferBytes: streamBufferBytes, .idleTimeout: idleTimeout,
            .headTimeout: headTimeout, .bodyTimeout: bodyTimeout, .writeTimeout: writeTimeout,
            .drainDelay: drainDelay, .drainTimeout: drainTimeout, .stuckAfter: stuckAfter,
        ]
        return all.compactMapValues { $0 }
    }
}
