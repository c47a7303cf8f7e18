internal import Engine
internal import HTTPServer
internal import MMInterleaved

extension Service {
    /// `POST /v1/chat/completions`.
    func completeChat(_ request: Request, _ exchange: Exchange, _ engine: Engine) throws {
        var chat = try ChatCall(
            decoding: request.body,
            configuration: engine.modelConfiguration,
            limits: configuration.limits
        )
        let active = ActiveRequest(
            id: "chatcmpl-" + randomIdentifier(),
            for: exchange,
            setsTimeout: chat.call.setsTimeout
        )
        // The input is the engine's alone, which lets go of it as soon as it can.
        let submitted = chat.takeRequest()
        var exchange = exchange
        exchange.fieldName = { [names = chat.names] in names.name(of: $0) }
        try answer(
            submitted,
            active,
            in: ChatFormat(id: active.id, chat, engine),
            isStreaming: chat.isStreaming,
            request,
            exchange,
            engine
        )
    }
}
