internal import Engine
internal import HTTPServer
internal import HTTPWire
internal import MMInterleaved
internal import Scheduling

extension Service {
    /// `POST /v1/interleave`.
    func interleave(_ request: Request, _ exchange: Exchange, _ engine: Engine) throws {
        var call = try InterleaveCall(
            decoding: request.body,
            configuration: engine.modelConfiguration,
            limits: configuration.limits,
            arrived: request.arrived
        )
        var exchange = exchange
        exchange.fieldName = { [call = call.withoutInput] in call.name(of: $0) }
        if call.isDryRun { return try forecast(call, request, exchange, engine) }
        let isStreaming = call.streams ?? MediaPreferences(request.head.fields).prefersEventStream
        if !call.isBackground { try call.checkStreaming(isStreaming) }
        let repetition = try request.head.repetition(of: request.body)
        if call.isBackground || repetition != nil {
            return keep(call, repetition, isStreaming: isStreaming, request, exchange, engine)
        }
        let active = ActiveRequest(
            id: "interleave-" + randomIdentifier(),
            for: exchange,
            setsTimeout: call.setsTimeout
        )
        // The input is the engine's alone, which lets go of it as soon as it can.
        let submitted = call.request
        call.request.input = []
        let format = InterleaveFormat(id: active.id, call, engine)
        try answer(
            submitted,
            active,
            in: format,
            isStreaming: isStreaming,
            request,
            exchange,
            engine
        )
    }

    /// Has the engine answer a request, in the words of a dialect.
    ///
    /// - Throws: ``ErrorResponse`` in the words of the exchange's dialect if the engine refuses it.
    func answer(
        _ submitted: InterleaveRequest,
        _ active: ActiveRequest,
        in format: some AnswerFormat,
        isStreaming: Bool,
        _ request: Request,
        _ exchange: Exchange,
        _ engine: Engine
    ) throws {
        var submitted = submitted
        let recorder = recorder(
            for: active,
            RequestMode(submitted.mode),
            submitted.priority,
            request,
            exchange
        )
        submitted.recorder = recorder
        submitted.arrived = request.arrived
        submitted.scope.tenant = active.caller.tenant
        let answer = Answer(
            exchange,
            format,
            to: active,
            isStreaming: isStreaming,
            configuration: configuration
        )
        exchange.writer.onClose { [weak answer] in
            active.cancel()
            answer?.clientClosed()
        }
        do {
            try submit(active, draws: submitted.mode != .text) {
                [requests, submitted] () throws(EngineError) in
                try recorder.submit { () throws(EngineError) in
                    try engine.submit(submitted) { event in
                        recorder.observe(event)
                        if event.isLast {
                            requests.remove(active)
                            active.end(recorder.effort)
                        }
                        answer.receive(event)
                    }
                }
            }
        } catch {
            throw ErrorResponse(error, naming: exchange.fieldName)
        }
        answer.begin()
    }

    /// Follows a request from here on; the engine's budget has its input now.
    func recorder(
        for active: ActiveRequest,
        _ kind: RequestMode,
        _ priority: Priority,
        _ request: Request,
        _ exchange: Exchange
    ) -> RequestRecorder {
        request.releaseBudget()
        let recorder = metrics.makeRecorder(
            identifier: active.id,
            clientIdentifier: exchange.context.id,
            tenant: exchange.caller.tenant,
            kind: kind,
            priority: priority,
            arrived: request.arrived
        )
        exchange.context.progress?.attach(recorder)
        return recorder
    }

    /// Gives the engine a request, which may be asked to end from now on until somebody removes it, and has a place among
    /// those of its key until it ends.
    ///
    /// - Throws: `EngineError` or ``ErrorResponse`` if it is refused; then it has ended.
    func submit(
        _ active: ActiveRequest,
        draws: Bool,
        _ submission: () throws(EngineError) -> Engine.Ticket
    ) throws {
        try active.begin(draws: draws)
        requests.insert(active)
        do throws(EngineError) {
            active.attach(try submission())
        } catch {
            requests.remove(active)
            active.end(nil)
            throw error
        }
    }
}
