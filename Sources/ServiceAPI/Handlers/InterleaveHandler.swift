internal import Dispatch
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
            limits: configuration.limits
        )
        let isStreaming = call.streams ?? MediaPreferences(request.head.fields).prefersEventStream
        try call.checkStreaming(isStreaming)
        let id = "interleave-" + randomIdentifier()
        let recorder = metrics.makeRecorder(
            identifier: id,
            clientIdentifier: exchange.context.id,
            kind: RequestMode(call.request.mode),
            priority: call.request.priority,
            arrived: request.arrived
        )
        call.request.recorder = recorder
        // From here on the engine's budget has the input.
        request.releaseBudget()
        call.request.arrived = request.arrived
        // The input is the engine's alone, which lets go of it as soon as it can.
        let submitted = call.request
        call.request.input = []
        let cancellation = Cancellation()
        let answer = InterleaveAnswer(
            exchange,
            call,
            id: id,
            isStreaming: isStreaming,
            engine: engine,
            cancellation: cancellation,
            configuration: configuration
        )
        exchange.writer.onClose { [weak answer] in
            cancellation.cancel()
            answer?.clientClosed()
        }
        let (active, names) = (active, Array(Set([id, exchange.context.id])))
        active.insert(cancellation, names)
        do throws(EngineError) {
            let ticket = try recorder.submit { () throws(EngineError) in
                try engine.submit(submitted) { event in
                    recorder.observe(event)
                    if event.isLast { active.remove(cancellation, names) }
                    answer.receive(event)
                }
            }
            cancellation.attach(ticket)
        } catch {
            active.remove(cancellation, names)
            throw error
        }
        answer.begin()
    }

    /// `POST /v1/score`.
    func score(_ request: Request, _ exchange: Exchange, _ engine: Engine) throws {
        var call = try ScoreCall(
            decoding: request.body,
            configuration: engine.modelConfiguration,
            limits: configuration.limits
        )
        let cancellation = Cancellation()
        exchange.writer.onClose { cancellation.cancel() }
        let model = engine.modelConfiguration.name
        let id = "score-" + randomIdentifier()
        let recorder = metrics.makeRecorder(
            identifier: id,
            clientIdentifier: exchange.context.id,
            kind: .score,
            priority: .normal,
            arrived: request.arrived
        )
        call.request.recorder = recorder
        // From here on the engine's budget has the input.
        request.releaseBudget()
        call.request.arrived = request.arrived
        let submitted = call.request
        let imageCount = call.request.input.count { part in
            if case .image = part { true } else { false }
        }
        call.request.input = []
        let (active, names) = (active, Array(Set([id, exchange.context.id])))
        active.insert(cancellation, names)
        do throws(EngineError) {
            let ticket = try recorder.submit { [call, parsing] () throws(EngineError) in
                try engine.submit(submitted) { result in
                    recorder.observe(result)
                    active.remove(cancellation, names)
                    parsing.async {
                        switch result {
                        case .success(let scores):
                            let document = call.document(
                                id: id,
                                created: Service.secondsSince1970(),
                                model: model,
                                scores: scores
                            )
                            exchange.answer(
                                document,
                                work: Work(scores, inputImageCount: imageCount)
                            )
                        case .failure(let error):
                            exchange.fail(
                                exchange.report(error).asked(
                                    isCancelled: cancellation.isAsked,
                                    setsTimeout: call.setsTimeout
                                )
                            )
                        }
                    }
                }
            }
            cancellation.attach(ticket)
        } catch {
            active.remove(cancellation, names)
            throw error
        }
    }
}
