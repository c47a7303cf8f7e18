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
            without a unit), sizes are bytes, KiB, MiB or GiB. `interleaved config example` prints a file \
            with every setting and its default, `interleaved config check` tells what is wrong with one.

            The server listens at once; until the model is loaded /readyz says 503 and how far it is. \
            SIGTERM or SIGINT ends it: /readyz says so at once, new requests are served for drain_delay more \
            and refused afterwards, requests in progress are answered. A second signal ends it at once.
            """
    )

    @Flag(help: "Before serving, compare every weight with the checksum recorded beside it.")
    var check = false

    @OptionGroup var settings: SettingOptions

    func run() throws {
        ilv_return_large_memory()
        let environment = ProcessInfo.processInfo.environment
        let configuration = try configuration(environment)
        let format = configuration.logFormat
        let log = LogBuffer(descriptor: 2, lossLine: format.lossLine)
        LoggingSystem.bootstrap { label in
            format.handler(label: label, stream: LogStream(log), level: configuration.logLevel)
        }
        defer { log.flush(limit: .seconds(1)) }
        let logger = Logger(label: "interleaved")
        let daemon = try Daemon(
            configuration,
            checksWeights: check,
            logger: logger,
            log: log,
            manager: ServiceManager(environment, logger: logger)
        )
        try daemon.run()
    }

    /// What the settings say, and where the service manager has us listen.
    private func configuration(
        _ environment: [String: String]
    ) throws(ValidationError) -> DaemonConfiguration {
        var configuration: DaemonConfiguration
        do throws(SettingFaults) {
            configuration = try settings.effective.checked()
        } catch {
            throw ValidationError(error.description)
        }
        try configuration.listen(onInherited: InheritedSockets.descriptors(environment))
        return configuration
    }
}
