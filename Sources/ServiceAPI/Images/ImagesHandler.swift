internal import Engine
internal import HTTPServer
internal import HTTPWire
internal import MMInterleaved

extension Service {
    /// `POST /v1/images/generations`.
    func generateImages(_ request: Request, _ exchange: Exchange, _ engine: Engine) throws {
        try answer(.generation, request, exchange, engine)
    }

    /// `POST /v1/images/edits`, a document or a form.
    func editImages(_ request: Request, _ exchange: Exchange, _ engine: Engine) throws {
        try answer(.edit, request, exchange, engine)
    }

    private func answer(
        _ kind: ImagesCall.Kind,
        _ request: Request,
        _ exchange: Exchange,
        _ engine: Engine
    ) throws {
        let takesForm = kind == .edit && request.head.hasForm
        let images = try ImagesCall(
            kind,
            decoding: request.body,
            formType: takesForm ? request.head.fields["content-type"] : nil,
            configuration: engine.modelConfiguration,
            limits: configuration.limits,
            arrived: request.arrived
        )
        try answer(images, request, exchange, engine) { ImagesFormat($1, engine) }
    }
}
