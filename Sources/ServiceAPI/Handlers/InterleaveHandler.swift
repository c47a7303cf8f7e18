internal import Dispatch
internal import Engine
internal import HTTPServer
internal import HTTPWire
internal import MMInterleaved

extension Service {
    /// `POST /v1/interleave`.
    func interleave(_ request: Request, _ exchange: Exchange, _ engine: Engine) throws {
        var call = try InterleaveCall(
            decoding: request.body,
            configuration: engine.modelConfiguration,
            limits: configuration.limits
        )
        let isStreaming = call.streams ?? request.head.acceptsEventStream
        // Nobody would see the previews of a plain answer; drawing them costs as much as a picture each.
        if !isStreaming { call.request.picture.previewInterval = 0 }
        let cancellation = Cancellation()
        let answer = InterleaveAnswer(
            exchange,
            call,
            isStreaming: isStreaming,
            engine: engine,
            cancellation: cancellation,
            configuration: configuration
        )
        exchange.writer.onClose { [weak answer] in
            cancellation.cancel()
            answer?.clientClosed()
        }
        let ticket = try engine.submit(call.request) { answer.receive($0) }
        cancellation.attach(ticket)
        answer.begin()
    }

    /// `POST /v1/score`.
    func score(_ request: Request, _ exchange: Exchange, _ engine: Engine) throws {
        let call = try ScoreCall(
            decoding: request.body,
            configuration: engine.modelConfiguration,
            limits: configuration.limits
        )
        let cancellation = Cancellation()
        exchange.writer.onClose { cancellation.cancel() }
        let model = engine.modelConfiguration.name
        let ticket = try engine.submit(call.request) { [parsing] result in
            parsing.async {
                switch result {
                case .success(let scores):
                    let document = call.document(
                        id: "score-" + randomIdentifier(),
                        created: Service.secondsSince1970(),
                        model: model,
                        scores: scores
                    )
                    exchange.answer(document, work: Work(scores, call.request))
                case .failure(let error): exchange.fail(error)
                }
            }
        }
        cancellation.attach(ticket)
    }
}

extension RequestHead {
    /// Whether the client asks for events by its Accept field.
    var acceptsEventStream: Bool {
        fields.tokens(of: "accept").contains { token in
            let type = token.prefix { $0 != ";" }.filter { $0 != " " }
            return isSameName(type, "text/event-stream")
        }
    }
}
