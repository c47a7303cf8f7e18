import ArgumentParser
import CLinux
import Dispatch
import Engine
import Foundation
import HTTPServer
import JobFile
import Jobs
import Locking
import Logging
import MMInterleaved
import ServiceAPI
import Sockets
import Tensors
import Tracing

/// The life of the daemon: listen, load, serve, drain.
struct Daemon {
    private let configuration: DaemonConfiguration
    private let checksWeights: Bool
    private let logger: Logger
    private let metrics = EngineMetrics()
    private let spans: SpanExporter?
    private let service: Service
    private let keys: KeyStore?
    private let log: LogBuffer
    private let manager: ServiceManager
    private let jobFile: JobFile?

    init(
        _ configuration: DaemonConfiguration,
        checksWeights: Bool,
        logger: Logger,
        log: LogBuffer,
        manager: ServiceManager
    ) throws {
        self.manager = manager
        self.checksWeights = checksWeights
        self.configuration = configuration
        self.logger = logger
        self.log = log
        spans = configuration.collector.map { Collector.exporter(to: $0, logger: logger) }
        keys = try configuration.apiKeys.map { try KeyStore(path: $0, logger: logger) }
        var access = configuration.service
        access.allowedHosts = configuration.effectiveHosts
        access.hasStructuredLog = configuration.logFormat == .json
        jobFile = try configuration.jobs.map { try JobFile(path: $0) }
        service = Service(
            configuration: access,
            keys: keys?.ring,
            metrics: metrics,
            logger: logger,
            spans: spans,
            storage: jobFile,
            stored: jobFile == nil ? [] : nil
        )
    }

    private enum Event: Sendable {
        case loaded(Engine, maker: String)
        case failed(String)
        case signal(Int32)
        /// Files are to be read again.
        case reload
    }

    /// Runs until a signal asks for the end.
    ///
    /// - Throws: if the address or the model cannot be used.
    func run() throws {
        // A client that closes its end early is told apart by the result of the write.
        signal(SIGPIPE, SIG_IGN)
        let events = EventQueue<Event>()
        let signals = [SIGTERM, SIGINT].map { signalSource($0, events) }
        let reloading = reloadSource(events)
        defer { for source in signals + [reloading].compactMap(\.self) { source.cancel() } }
        let keeping = keys?.keepUsage()
        defer { keeping?.cancel() }
        let watchdog = manager.watch { [service] in service.stall }
        defer { watchdog?.cancel() }

        // What is wrong with the model itself is told before anything else happens.
        let model = try ModelCatalog.model(configuration.model)
        let certificate = CertificateFiles(configuration)
        let tls = try certificate?.load(logger)
        logger.info("Instruction set: \(InstructionSets.ofProcess.story).")
        let server = try HTTPServer(
            configuration: fittingConfiguration(),
            tls: tls,
            handler: service,
            logger: logger
        )
        if let keys { logger.info("\(keys.summary).") }
        if let warning = configuration.exposureWarning { logger.warning("\(warning)") }
        service.observe(server) { [log] in log.droppedLineCount }
        try server.start()
        announce(server, model)
        load(model, events)

        let places = server.addresses.joined(separator: ", ")
        let readyStatus = "Serving \(model.configuration.name) at \(places)"
        var isReady = false
        while true {
            switch events.next() {
            case .loaded(let loaded, let maker):
                service.begin(loaded, maker: maker)
                logger.info("\(model.configuration.name) is loaded; ready.")
                isReady = true
                manager.ready(readyStatus)
            case .failed(let reason):
                logger.critical("\(reason)")
                manager.failed(reason)
                server.drain(limit: .seconds(1))
                throw ExitCode.failure
            case .reload:
                if isReady { manager.reloading() }
                reload(server, certificate)
                if isReady { manager.ready(readyStatus) }
            case .signal(let number):
                return stop(server, signal: number, events)
            }
        }
    }

    /// The server's configuration, with no more connections than there can be descriptors.
    ///
    /// - Throws: ``CommandError`` if there are not even enough for one.
    private func fittingConfiguration() throws(CommandError) -> HTTPServer.Configuration {
        var fitting = configuration.server
        let limit = DescriptorLimit.raise()
        guard limit >= HTTPServer.Configuration.leastDescriptorCount else {
            throw CommandError(
                """
                the process may open \(limit) files, see ulimit -n: at least \
                \(HTTPServer.Configuration.leastDescriptorCount) are needed, \(fitting.descriptorCount) for \
                max_connections \(fitting.maximumConnectionCount)
                """
            )
        }
        if fitting.fitConnections(toDescriptorCount: limit) {
            logger.warning(
                """
                max_connections is \(fitting.maximumConnectionCount) instead of \
                \(configuration.server.maximumConnectionCount): the process may open \(limit) files, see ulimit -n; \
                \(configuration.server.descriptorCount) are needed.
                """
            )
        }
        return fitting
    }

    private func announce(_ server: HTTPServer, _ model: StoredModel) {
        let first =
            server.addresses.first { !$0.hasPrefix("unix:") } ?? server.addresses.first ?? ""
        let scheme = configuration.tlsCertificate == nil ? "http" : "https"
        let address = first.hasPrefix("unix:") ? first : "\(scheme)://\(first)"
        let request = FirstRequest.command(address, asksForKey: keys != nil)
        logger.info("Serving \(model.configuration.name) at \(address); try: \(request)")
    }

    // MARK: - Reloading

    /// Has SIGHUP read files again.
    ///
    /// Where there are none, a terminal that is closed ends the process with it, as it does others.
    private func reloadSource(_ events: EventQueue<Event>) -> (any DispatchSourceSignal)? {
        let hasFiles = configuration.apiKeys != nil || configuration.usesTLS
        guard hasFiles || isatty(STDIN_FILENO) == 0 else { return nil }
        signal(SIGHUP, SIG_IGN)
        let source = DispatchSource.makeSignalSource(
            signal: SIGHUP,
            queue: DispatchQueue(label: "interleaved.signals")
        )
        source.setEventHandler { events.send(.reload) }
        source.activate()
        return source
    }

    /// Reads again what may have changed while the daemon runs; what is not right leaves the old in use.
    private func reload(_ server: HTTPServer, _ certificate: CertificateFiles?) {
        if keys == nil, certificate == nil {
            return logger.info("SIGHUP: there are no files to read again.")
        }
        keys?.reload()
        guard let certificate else { return }
        do throws(CommandError) {
            server.renew(try certificate.load(logger))
            logger.info("SIGHUP: the certificate is read again; new connections get it.")
        } catch {
            logger.error("SIGHUP: the certificate stays as it was: \(error).")
        }
    }

    // MARK: - Loading

    /// What the end takes besides waiting for requests.
    private static let endingLimit = Duration.seconds(20)

    private func load(_ stored: StoredModel, _ events: EventQueue<Event>) {
        let start = ModelStart(
            stored,
            configuration,
            checksWeights: checksWeights,
            service: service,
            metrics: metrics,
            manager: manager,
            logger: logger
        )
        let (jobFile, service, manager, logger) = (jobFile, service, manager, logger)
        let thread = Thread {
            unsafe ilv_thread_set_name("ilv-load")
            do {
                if let jobFile {
                    try StoredRequests(jobFile, manager: manager, logger: logger).restore(to: service)
                }
                let (engine, maker) = try start.run()
                events.send(.loaded(engine, maker: maker))
            } catch let error as JobStorageError {
                events.send(.failed("jobs: \(error)"))
            } catch {
                events.send(.failed("\(configuration.model) cannot be loaded: \(error)"))
            }
        }
        // Building the model recurses through its parts; the default of a thread is small.
        thread.stackSize = 8 << 20
        thread.start()
    }

    // MARK: - Ending

    private func signalSource(
        _ number: Int32,
        _ events: EventQueue<Event>
    ) -> any DispatchSourceSignal {
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(
            signal: number,
            queue: DispatchQueue(label: "interleaved.signals")
        )
        var count = 0
        source.setEventHandler {
            count += 1
            // Somebody is in a hurry.
            if count > 1 { leave(128 + number) }
            events.send(.signal(number))
        }
        source.activate()
        return source
    }

    /// Ends the process without waiting for anything but the log.
    private func leave(_ status: Int32) -> Never {
        log.flush(limit: .milliseconds(200))
        _exit(status)
    }

    private func stop(
        _ server: HTTPServer,
        signal number: Int32,
        _ events: EventQueue<Event>
    ) {
        // One signal of each kind is the same as two of one kind.
        DispatchQueue.global().async {
            while true {
                if case .signal(let second) = events.next() { leave(128 + second) }
            }
        }
        logger.info("Signal \(number): the end is near.")
        let drainLimit = configuration.server.drainLimit
        manager.stopping(limit: configuration.drainDelay + drainLimit + Self.endingLimit)
        service.end(
            server,
            delay: configuration.drainDelay,
            limit: drainLimit,
            leavesNewConnections: !configuration.server.inheritedSockets.isEmpty
        )
        keys?.writeUsage()
        spans?.end(limit: Collector.patience)
        logger.info("Stopped.")
    }
}

/// Values from other threads, in order; one thread waits for them.
final class EventQueue<Value: Sendable>: Sendable {
    private let values = Mutex<[Value]>([])
    private let arrived = DispatchSemaphore(value: 0)

    /// Adds a value.
    func send(_ value: Value) {
        values.withLock { $0.append(value) }
        arrived.signal()
    }

    /// Takes the oldest value; waits until there is one.
    func next() -> Value {
        arrived.wait()
        return values.withLock { $0.removeFirst() }
    }
}
