internal import Engine
internal import HTTPServer
internal import MMInterleaved

extension Service {
    /// `POST /v1/chat/completions`.
    func completeChat(_ request: Request, _ exchange: Exchange, _ engine: Engine) throws {
        let chat = try ChatCall(
            decoding: request.body,
            configuration: engine.modelConfiguration,
            limits: configuration.limits,
            arrived: request.arrived
        )
        try answer(chat, request, exchange, engine) { ChatFormat(id: $0, $1, engine) }
    }
}
