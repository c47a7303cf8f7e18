internal import Dispatch
internal import Engine
internal import HTTPServer
internal import HTTPWire
internal import Images
internal import JSON
internal import MMInterleaved

extension Service {
    /// `POST /v1/interleave` with `dry_run`: what the request would do.
    func forecast(
        _ call: InterleaveCall,
        _ request: Request,
        _ exchange: Exchange,
        _ engine: Engine
    ) throws {
        let active = ActiveRequest(
            id: "interleave-" + randomIdentifier(),
            for: exchange,
            setsTimeout: call.setsTimeout
        )
        exchange.writer.onClose { active.cancel() }
        var call = call
        var submitted = call.request
        submitted.arrived = request.arrived
        submitted.scope.tenant = exchange.caller.tenant
        call.request.input = []
        request.releaseBudget()
        do {
            try submit(active, draws: false) {
                [requests, parsing, call, submitted] () throws(EngineError) in
                try engine.forecast(submitted) { result in
                    requests.remove(active)
                    active.end(nil)
                    // Pictures are compressed off the engine's thread.
                    parsing.async {
                        do {
                            exchange.answer(
                                try call.document(result.get(), engine.modelConfiguration)
                            )
                        } catch {
                            exchange.fail(active.report(error, exchange))
                        }
                    }
                }
            }
        } catch {
            throw ErrorResponse(error, naming: exchange.fieldName)
        }
    }
}

extension InterleaveCall {
    /// What the request would do.
    ///
    /// Cost: the compression of the pictures.
    ///
    /// - Throws: `ImageError`.
    fileprivate func document(
        _ forecast: RequestForecast,
        _ model: ModelConfiguration
    ) throws -> JSON {
        let images = try forecast.pictures.map { picture -> JSON in
            let file = try ImageFileEncoder.encodePNG(picture)
            return [
                "image": .dataURL(mediaType: ImageFormat.png.mediaType, file),
                "width": .integer(picture.width), "height": .integer(picture.height),
            ]
        }
        return [
            "object": "interleave.forecast", "model": .string(model.name),
            "prompt_tokens": .integer(forecast.promptTokenCount),
            "input_images": .array(images),
            "positions": [
                "prompt": .integer(forecast.promptTokenCount),
                "most": .integer(forecast.positionCount),
                "context_length": .integer(model.language.maximumPositionCount),
            ],
            "memory": [
                "sequences": .integer(forecast.sequenceCount),
                "kv_cache_bytes": .integer(forecast.keyValueByteCount),
                "image_cache_bytes": .integer(forecast.imageByteCount),
                "drawings": .integer(forecast.drawingCount),
                "drawing_bytes": .integer(forecast.drawingByteCount),
            ],
            "expected": forecast.times.json, "parameters": parameters,
        ]
    }
}

extension RequestForecast.Times {
    /// Milliseconds by stage; null for stages that have never run.
    fileprivate var json: JSON {
        let stages: KeyValuePairs<String, Duration?> = [
            "encode": encode, "prefill": prefill, "generate": generate, "denoise": denoise,
            "render": render, "total": total,
        ]
        return .object(
            stages.map { ("\($0.key)_ms", $0.value.map { .double($0.milliseconds) } ?? .null) }
        )
    }
}
