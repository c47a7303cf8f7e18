internal import Dispatch
package import Engine
internal import Foundation
package import HTTPServer
package import HTTPWire
package import Jobs
package import Keys
internal import Locking
package import Logging
package import Sockets
package import Tracing

/// The HTTP interface of one model.
///
/// It answers from the beginning: while the model loads, health checks say how far that is and everything
/// else is told when to come back. Documents are parsed on a queue of their own, answers are made on one
/// queue per request, so that neither the connections nor the engine ever wait for either.
///
/// Threads: every member may be called from any thread.
package final class Service: RequestHandler {
    /// Bounds and times.
    package struct Configuration: Hashable, Sendable {
        /// Bounds of requests.
        package var limits = Limits()
        /// How much is kept of requests that outlive their connections.
        package var jobs = JobLimits()
        /// Longest silence of a stream.
        package var heartbeat = Duration.seconds(15)
        /// Most bytes of a stream that wait for a slow client beside the server's own buffer.
        package var maximumBacklogByteCount = 16 * 1024 * 1024
        /// Time without progress after which a busy engine counts as stuck.
        package var stuckAfter = Duration.seconds(300)
        /// When a client that comes too early or too late is asked to come back.
        package var retryAfter = Duration.seconds(2)
        /// Origins whose pages may use the service from a browser; `*` for all.
        package var allowedOrigins: [String] = []
        /// Names under which the service may be asked.
        package var allowedHosts = AllowedHosts.all
        /// Whether `/metrics` and `/v1/engine` need no key where others do.
        package var opensMetrics = false
        /// Whether programs read the log: then all that a request's line tells is a field of its own.
        package var hasStructuredLog = false

        /// The defaults above.
        package init() {}
    }

    /// Where the service is in its life.
    package enum Phase: Sendable {
        /// The model is being read.
        case loading(Loading)
        /// Requests are answered.
        case ready(Engine)
        /// Requests are answered still, while balancers are told to send no more.
        case leaving(Engine)
        /// Requests in progress are finished, no others begun.
        case draining(Engine?)
    }

    /// Bounds and times.
    package let configuration: Configuration
    /// Who may ask for what.
    let access: AccessControl
    /// Where the end of every request is told.
    let records: RequestRecords
    /// Parses small documents; a connection's queue may not be held up.
    let parsing = DispatchQueue(
        label: "interleaved.parsing",
        qos: .userInitiated,
        attributes: .concurrent
    )
    /// Parses large ones, which leave room for the small.
    let largeDocuments = WorkLane("ilv-documents")
    let created = Service.secondsSince1970()
    /// What is counted and measured.
    let metrics: EngineMetrics
    /// Requests that may be asked to end.
    let requests = ActiveRequests()
    /// Requests that outlive their connections.
    let jobs: JobStore
    /// What is told of the model, once somebody has asked.
    let modelDocument = Mutex<ModelDocument?>(nil)
    private let observed = Mutex(Observed())
    private let currentPhase = Mutex(Phase.loading(Loading(.reading)))

    /// Makes a service whose model is still to be loaded.
    ///
    /// - Parameters:
    ///   - configuration: Bounds and times.
    ///   - keys: The keys that are asked for; nil where everybody may do everything.
    ///   - metrics: Where requests are recorded; the engine's own, so that all is told together.
    ///   - logger: Where the log goes.
    ///   - spans: Where spans of requests go; nil if nobody wants them.
    ///   - storage: Where requests are written down that outlive their connections; nil for nowhere.
    ///   - stored: What is written down there; nil if that comes later, by ``restore(_:)``.
    package init(
        configuration: Configuration = Configuration(),
        keys: KeyRing? = nil,
        metrics: EngineMetrics = EngineMetrics(),
        logger: Logger,
        spans: SpanExporter? = nil,
        storage: (any JobStorage)? = nil,
        stored: [StoredJob]? = []
    ) {
        self.configuration = configuration
        records = RequestRecords(
            spans: spans,
            logger: logger,
            isStructured: configuration.hasStructuredLog
        )
        access = AccessControl(
            keys: keys,
            opensMetrics: configuration.opensMetrics,
            hosts: configuration.allowedHosts,
            crossOrigin: CrossOrigin(allowed: configuration.allowedOrigins)
        )
        self.metrics = metrics
        jobs = JobStore(
            limits: configuration.jobs,
            storage: storage,
            stored: stored,
            .telling(records)
        )
    }

    /// Where the log goes.
    var logger: Logger { records.logger }

    /// Which pages of elsewhere may use the service.
    var crossOrigin: CrossOrigin { access.crossOrigin }

    // MARK: - What is told about the rest of the process

    private struct Observed {
        weak var server: HTTPServer?
        var droppedLogLineCount: (@Sendable () -> Int)?
    }

    /// Names what `/metrics` and `/v1/engine` tell about besides the engine.
    ///
    /// - Parameters:
    ///   - server: The server in front of this service.
    ///   - droppedLogLineCount: How many lines of the log were lost so far.
    package func observe(
        _ server: HTTPServer,
        droppedLogLineCount: @escaping @Sendable () -> Int = { 0 }
    ) {
        observed.withLock {
            $0.server = server
            $0.droppedLogLineCount = droppedLogLineCount
        }
    }

    /// What the server's connections share, and how much of it is in use.
    var serverLoad: HTTPServer.Load { observed.withLock(\.server)?.load ?? HTTPServer.Load() }

    /// Lines of the log that were lost.
    var droppedLogLineCount: Int { observed.withLock(\.droppedLogLineCount)?() ?? 0 }

    // MARK: - Life

    /// Where the service is in its life.
    package var phase: Phase { currentPhase.withLock { $0 } }

    /// Tells how much of the model is there.
    package func loading(_ progress: Loading) {
        currentPhase.withLock { phase in
            if case .loading = phase { phase = .loading(progress) }
        }
    }

    /// Begins to answer requests with an engine, unless the service is about to stop.
    ///
    /// - Parameters:
    ///   - engine: What computes.
    ///   - maker: What tells it from another that might give other answers: model and version.
    package func begin(_ engine: Engine, maker: String = "") {
        let isReady = currentPhase.withLock { phase in
            guard case .loading = phase else { return false }
            phase = .ready(engine)
            return true
        }
        if isReady { beginJobs(engine, maker) }
    }

    /// Tells from now on that it will end, and goes on answering; it never begins to if the model is not there yet.
    package func announceEnd() {
        currentPhase.withLock { phase in
            switch phase {
            case .loading: phase = .draining(nil)
            case .ready(let engine): phase = .leaving(engine)
            case .leaving, .draining: break
            }
        }
    }

    /// Refuses new requests from now on.
    package func drain() {
        let engine: Engine? = currentPhase.withLock { phase in
            switch phase {
            case .loading: phase = .draining(nil)
            case .ready(let engine), .leaving(let engine): phase = .draining(engine)
            case .draining: break
            }
            if case .draining(let engine) = phase { return engine }
            return nil
        }
        engine?.drain()
        endJobs()
    }

    /// The engine, if requests are answered.
    ///
    /// - Throws: ``ErrorResponse`` with 503.
    func engine() throws(ErrorResponse) -> Engine {
        switch phase {
        case .ready(let engine), .leaving(let engine): return engine
        case .loading(let progress):
            throw ErrorResponse(
                .serviceUnavailable,
                code: "loading",
                "the model is being loaded, \(Int(progress.share * 100)) % are done",
                retryAfter: configuration.retryAfter
            )
        case .draining:
            throw ErrorResponse(
                .serviceUnavailable,
                code: "draining",
                "the server is shutting down",
                retryAfter: configuration.retryAfter
            )
        }
    }

    /// The engine, whether it takes new requests or not; nil while the model loads.
    var liveEngine: Engine? {
        switch phase {
        case .loading: nil
        case .ready(let engine), .leaving(let engine): engine
        case .draining(let engine): engine
        }
    }

    /// How long a busy engine has made no progress, once that is longer than it may take; nil while all is well.
    package var stall: Duration? {
        guard let silence = liveEngine?.status.sinceProgress, silence > configuration.stuckAfter
        else { return nil }
        return silence
    }

    // MARK: - Requests

    package func admit(_ head: RequestHead, from client: SocketAddress?) -> Admission {
        var caller = Caller.stranger
        do throws(ErrorResponse) {
            let route = try Route(head)
            caller = try access.caller(head, route)
            try access.count(caller, route)
            if route.needsModel { _ = try engine() }
            guard route.takesDocument else {
                return .accept(
                    maximumBodyByteCount: Self.maximumIgnoredBodyByteCount,
                    isProbe: route.access == .probe
                )
            }
            try head.requireDocument(orForm: route == .imageEdits)
            return .accept(
                maximumBodyByteCount: configuration.limits.maximumBodyByteCount,
                // One with a key goes on without its client, who may come again for the answer.
                isAbandonedByHalfClose: route.isComputed
                    && !(route == .interleave && head.fields.contains("idempotency-key"))
            )
        } catch {
            var context = RequestContext(head, from: client, records)
            context.key = caller.keyName
            var response = error.response
            context.tell(
                RequestEnd(
                    status: error.status.code,
                    sentByteCount: head.method == .head ? 0 : response.body.count,
                    outcome: Outcome(error: error.code)
                )
            )
            response.head.fields["x-request-id"] = context.id
            for field in crossOrigin.fields(for: head) {
                response.head.fields.append(field.name, field.value)
            }
            response.head.fields.set(caller.account?.rateLimitFields ?? [:])
            return .reject(response)
        }
    }

    package func handle(_ request: Request, _ response: ResponseWriter) {
        var exchange = Exchange(
            context: RequestContext(
                request.head,
                from: request.clientAddress,
                receivedByteCount: request.body.count,
                arrived: request.arrived,
                records
            ),
            writer: response,
            codings: CodingPreferences(request.head.fields),
            fields: crossOrigin.fields(for: request.head)
        )
        do throws(ErrorResponse) {
            let route = try Route(request.head)
            exchange.caller = try access.caller(request.head, route)
            exchange.context.key = exchange.caller.keyName
            exchange.fields.set(exchange.caller.account?.rateLimitFields ?? [:])
            switch route {
            case .liveness: answerLiveness(exchange)
            case .readiness: answerReadiness(exchange)
            case .openAPI: answerOpenAPI(exchange)
            case .openAPIAsJSON: try answerOpenAPIAsJSON(exchange)
            case .page(let file): answerPage(file, request, exchange)
            case .metrics: answerMetrics(exchange)
            case .engine: try answerEngine(exchange)
            case .job(let name): try answerJob(name, exchange)
            case .jobEvents(let name): try answerEvents(of: name, request.head, exchange)
            case .ending(let name): try end(name, exchange)
            case .options(let methods): answerOptions(methods, request.head, exchange)
            case .models: answerModels(exchange, try engine())
            case .model(let name): try answerModel(name, exchange, try engine())
            case .interleave: parse(request, exchange, interleave)
            case .chatCompletions: parse(request, limited(exchange), completeChat)
            case .imageGenerations: parse(request, limited(exchange), generateImages)
            case .imageEdits: parse(request, limited(exchange), editImages)
            case .score: parse(request, exchange, score)
            case .tokenize: parse(request, exchange, tokenize)
            case .detokenize: parse(request, exchange, detokenize)
            }
        } catch {
            exchange.fail(error)
        }
    }

    package func errorResponse(
        _ status: Status,
        _ message: String,
        to head: RequestHead?,
        from client: SocketAddress?
    ) -> Response {
        let id = randomIdentifier()
        records.counters.count(route: Route.unknownLabel, status: status.code)
        let isOverloaded = status == .serviceUnavailable
        var metadata: Logger.Metadata = ["request": "\(id)", "error": "\(message)"]
        if let client { metadata["client_address"] = "\(RequestContext.name(of: client))" }
        if records.isStructured { metadata["status"] = .stringConvertible(status.code) }
        logger.log(
            // Whoever comes too often is not to fill the log.
            level: isOverloaded || status == .tooManyRequests ? .debug : .info,
            "refused: \(status)",
            metadata: metadata
        )
        var error = ErrorResponse(status, message)
        if isOverloaded || status == .tooManyRequests {
            error = ErrorResponse(
                status,
                code: isOverloaded ? "overloaded" : error.code,
                message,
                retryAfter: configuration.retryAfter
            )
        }
        var response = error.response
        response.head.fields["x-request-id"] = id
        for field in crossOrigin.fields(for: head) {
            response.head.fields.append(field.name, field.value)
        }
        return response
    }

    /// An exchange whose answer tells how full the queue is, as OpenAI's clients expect it.
    private func limited(_ exchange: Exchange) -> Exchange {
        var exchange = exchange
        // Limits of a key say more than the queue, which all share.
        guard !exchange.fields.contains("x-ratelimit-limit-requests") else { return exchange }
        exchange.fields.set(liveEngine?.status.rateLimitFields ?? [:])
        return exchange
    }

    /// A GET with a body means the same as one without; a small one is read over.
    private static let maximumIgnoredBodyByteCount = 64 * 1024

    static func secondsSince1970() -> Int { Int(Date().timeIntervalSince1970) }
}
