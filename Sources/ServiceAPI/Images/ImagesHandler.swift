internal import Engine
internal import HTTPServer
internal import HTTPWire
internal import MMInterleaved

extension Service {
    /// `POST /v1/images/generations`.
    func generateImages(_ request: Request, _ exchange: Exchange, _ engine: Engine) throws {
        let images = try ImagesCall(
            .generation,
            decoding: request.body,
            configuration: engine.modelConfiguration,
            limits: configuration.limits
        )
        try answer(images, request, exchange, engine)
    }

    /// `POST /v1/images/edits`, a document or a form.
    func editImages(_ request: Request, _ exchange: Exchange, _ engine: Engine) throws {
        let images =
            if request.head.hasForm {
                try ImagesCall(
                    form: request.body,
                    contentType: request.head.fields["content-type"] ?? "",
                    configuration: engine.modelConfiguration,
                    limits: configuration.limits
                )
            } else {
                try ImagesCall(
                    .edit,
                    decoding: request.body,
                    configuration: engine.modelConfiguration,
                    limits: configuration.limits
                )
            }
        try answer(images, request, exchange, engine)
    }

    private func answer(
        _ images: ImagesCall,
        _ request: Request,
        _ exchange: Exchange,
        _ engine: Engine
    ) throws {
        var images = images
        let active = ActiveRequest(
            id: "images-" + randomIdentifier(),
            for: exchange,
            setsTimeout: images.call.setsTimeout
        )
        // The input is the engine's alone, which lets go of it as soon as it can.
        let submitted = images.takeRequest()
        var exchange = exchange
        exchange.fieldName = { [names = images.names] in names.name(of: $0) }
        try answer(
            submitted,
            active,
            in: ImagesFormat(images, engine),
            isStreaming: images.isStreaming,
            request,
            exchange,
            engine
        )
    }
}
