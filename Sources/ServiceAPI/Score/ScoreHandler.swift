internal import Dispatch
internal import Engine
internal import HTTPServer
internal import HTTPWire
internal import MMInterleaved
internal import Scheduling

extension Service {
    /// `POST /v1/score`.
    func score(_ request: Request, _ exchange: Exchange, _ engine: Engine) throws {
        var call = try ScoreCall(
            decoding: request.body,
            configuration: engine.modelConfiguration,
            limits: configuration.limits,
            arrived: request.arrived
        )
        let active = ActiveRequest(
            id: "score-" + randomIdentifier(),
            for: exchange,
            setsTimeout: call.setsTimeout
        )
        exchange.writer.onClose { active.cancel() }
        let recorder = recorder(for: active, .score, .normal, request, exchange)
        var submitted = call.request
        submitted.recorder = recorder
        submitted.arrived = request.arrived
        submitted.scope.tenant = exchange.caller.tenant
        let imageCount = call.request.input.count { part in
            if case .image = part { true } else { false }
        }
        // The input is the engine's alone, which lets go of it as soon as it can.
        call.request.input = []
        let model = engine.modelConfiguration.name
        try submit(active, draws: false) {
            [requests, parsing, call, submitted] () throws(EngineError) in
            try recorder.submit { () throws(EngineError) in
                try engine.submit(submitted) { result in
                    recorder.observe(result)
                    requests.remove(active)
                    active.end(recorder.effort)
                    parsing.async {
                        switch result {
                        case .success(let scores):
                            let document = call.document(
                                id: active.id,
                                created: Service.secondsSince1970(),
                                model: model,
                                scores: scores
                            )
                            let work = Work(scores, inputImageCount: imageCount)
                            exchange.answer(document, Outcome(work: work))
                        case .failure(let error):
                            let report = active.report(error, exchange)
                            exchange.fail(report, active.outcome(of: report))
                        }
                    }
                }
            }
        }
    }
}
