import ArgumentParser
import Dispatch
import Engine
import Foundation
import HTTPServer
import Locking
import Logging
import MMInterleaved
import ServiceAPI
import Tokenization

/// The life of the daemon: listen, load, serve, drain.
struct Daemon {
    private let configuration: DaemonConfiguration
    private let logger: Logger
    private let metrics = EngineMetrics()
    private let service: Service

    init(_ configuration: DaemonConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
        service = Service(
            configuration: configuration.service,
            metrics: metrics,
            logger: logger
        )
    }

    private enum Event: Sendable {
        case loaded(Engine)
        case failed(String)
        case signal(Int32)
    }

    /// Runs until a signal asks for the end.
    ///
    /// - Throws: if the address or the model cannot be used.
    func run() throws {
        // A client that closes its end early is told apart by the result of the write.
        signal(SIGPIPE, SIG_IGN)
        let events = EventQueue<Event>()
        let signals = [SIGTERM, SIGINT].map { signalSource($0, events) }
        defer { for source in signals { source.cancel() } }

        // What is wrong with the directory itself is told before anything else happens.
        let directory = try ModelDirectory(path: configuration.model)
        let server = try HTTPServer(
            configuration: configuration.server,
            handler: service,
            logger: logger
        )
        try server.start()
        announce(server, directory)
        load(directory, events)

        while true {
            switch events.next() {
            case .loaded(let loaded):
                service.begin(loaded)
                logger.info("\(directory.configuration.name) is loaded; ready.")
            case .failed(let reason):
                logger.critical("\(configuration.model) cannot be loaded: \(reason)")
                server.drain(limit: .seconds(1))
                throw ExitCode.failure
            case .signal(let number):
                return stop(server, signal: number, events)
            }
        }
    }

    private func announce(_ server: HTTPServer, _ directory: ModelDirectory) {
        let host = configuration.server.host
        let shown = host.contains(":") ? "[\(host)]" : host
        let address = "http://\(shown):\(server.port ?? configuration.server.port)"
        logger.info(
            "Serving \(directory.configuration.name) at \(address); try: \(FirstRequest.command(address))"
        )
    }

    // MARK: - Loading

    private func load(_ directory: ModelDirectory, _ events: EventQueue<Event>) {
        let (service, logger, engine, metrics) = (
            service, logger, configuration.engine, metrics
        )
        let thread = Thread {
            do {
                let start = ContinuousClock.now
                var lastTenth = 0
                let model = try directory.load { progress in
                    service.loading(progress)
                    let tenth = Int(progress * 10)
                    guard tenth > lastTenth else { return }
                    lastTenth = tenth
                    logger.info("Loading \(directory.configuration.name): \(tenth * 10) %")
                }
                let tokenizer = try Tokenizer(modelPath: directory.tokenizerPath)
                let loaded = try Engine(
                    model,
                    tokenizer: tokenizer,
                    configuration: engine,
                    metrics: metrics
                )
                logger.debug("Loading took \(start.duration(to: .now)).")
                events.send(.loaded(loaded))
            } catch {
                events.send(.failed("\(error)"))
            }
        }
        thread.name = "interleaved.load"
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
            if count > 1 { _exit(128 + number) }
            events.send(.signal(number))
        }
        source.activate()
        return source
    }

    private func stop(
        _ server: HTTPServer,
        signal number: Int32,
        _ events: EventQueue<Event>
    ) {
        // One signal of each kind is the same as two of one kind.
        DispatchQueue.global().async {
            while true {
                if case .signal(let second) = events.next() { _exit(128 + second) }
            }
        }
        logger.info("Signal \(number): the end is near.")
        service.end(
            server,
            delay: configuration.drainDelay,
            limit: configuration.server.drainLimit
        )
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
