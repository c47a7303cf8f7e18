internal import Engine
internal import HTTPServer
internal import HTTPWire
internal import JSON
internal import Locking
internal import MMInterleaved

extension Service {
    /// `GET /livez`: whether the process deserves to live on.
    func answerLiveness(_ exchange: Exchange) {
        if let stall {
            let seconds = stall.milliseconds / 1000
            return exchange.answer(
                ["status": "stuck", "seconds_since_progress": .double(seconds)],
                status: .serviceUnavailable
            )
        }
        exchange.answer(["status": "ok"])
    }

    /// `GET /readyz` and `/health`: whether requests would be answered.
    func answerReadiness(_ exchange: Exchange) {
        switch phase {
        case .ready(let engine):
            let status = engine.status
            exchange.answer([
                "status": "ready", "running": .integer(status.runningCount),
                "waiting": .integer(status.waitingCount),
            ])
        case .loading(let progress):
            exchange.answer(progress.json, status: .serviceUnavailable)
        case .leaving, .draining:
            exchange.answer(["status": "draining"], status: .serviceUnavailable)
        }
    }

    /// `GET /v1/models`.
    func answerModels(_ exchange: Exchange, _ engine: Engine) {
        exchange.answer(modelDocument(engine).list, ["content-type": "application/json"])
    }

    /// `GET /v1/models/{id}`.
    func answerModel(
        _ name: String,
        _ exchange: Exchange,
        _ engine: Engine
    ) throws(ErrorResponse) {
        guard name.hasSameBytes(as: engine.modelConfiguration.name) else {
            throw ErrorResponse(
                .notFound,
                code: "model_not_found",
                "the model \(quoted(name)) is not served here",
                parameter: "model"
            )
        }
        exchange.answer(modelDocument(engine).model, ["content-type": "application/json"])
    }

    /// What is told of the model, made when it is asked for first: it does not change.
    private func modelDocument(_ engine: Engine) -> ModelDocument {
        modelDocument.withLock { document in
            if let document { return document }
            let description = description(engine)
            let made = ModelDocument(
                model: CodedBody(description.encoded),
                list: CodedBody(
                    (["object": "list", "data": .array([description])] as JSON).encoded
                )
            )
            document = made
            return made
        }
    }

    private func description(_ engine: Engine) -> JSON {
        let model = engine.modelConfiguration
        let defaults = InterleaveCall(configuration: model, limits: configuration.limits)
        return [
            "id": .string(model.name), "object": "model", "created": .integer(created),
            "owned_by": "interleaved", "profile": .string(engine.profile),
            "context_length": .integer(model.language.maximumPositionCount),
            "tokens_per_image": .integer(model.imageTokenCount + 1),
            "images_per_context": .integer(model.language.imagesPerContext),
            "image_input": [
                "orientation": "upright", "transparency": "white", "animation": "first_frame",
            ],
            "templates": .array(model.templates.map { $0.listed(configuration.limits) }),
            "defaults": .members([
                "text": defaults.parameters.member("text"),
                "image": defaults.parameters.member("image"),
            ]),
            "ranges": configuration.limits.ranges(of: model),
        ]
    }

    /// `OPTIONS` of a path, or of the server as a whole.
    func answerOptions(_ methods: [Method], _ head: RequestHead, _ exchange: Exchange) {
        var fields = crossOrigin.preflight(head, methods) ?? HeaderFields()
        fields["allow"] = Route.allow(methods)
        exchange.answer(Response(status: .noContent, fields: fields))
    }

    /// `GET /openapi.yaml`.
    func answerOpenAPI(_ exchange: Exchange) {
        exchange.answer(ContractDocument.yaml, ["content-type": "application/yaml"])
    }

    /// `GET /openapi.json`.
    func answerOpenAPIAsJSON(_ exchange: Exchange) throws(ErrorResponse) {
        guard let body = ContractDocument.json else {
            throw ErrorResponse(
                .internalServerError,
                code: "internal_error",
                "the contract cannot be told as JSON"
            )
        }
        exchange.answer(body, ["content-type": "application/json"])
    }
}

/// What is told of a model, encoded.
struct ModelDocument: Sendable {
    /// Of the model alone.
    let model: CodedBody
    /// Of all models, which is this one.
    let list: CodedBody
}

extension JSON {
    /// A member of an object.
    fileprivate func member(_ name: String) -> JSON? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }
}
