package import Engine
internal import Images
package import JSON
internal import MMInterleaved
internal import Scheduling

extension InterleaveCall {
    /// The effective parameters: those that had a say in the answer.
    package var parameters: JSON {
        let (text, picture) = (request.text, request.picture)
        let isSampling = text.beamCount == 1
        let words = JSON.members([
            "max_tokens": .integer(text.maximumTokenCount),
            "min_tokens": .integer(text.minimumTokenCount),
            "temperature": isSampling ? .float(text.temperature) : nil,
            "top_p": isSampling ? .float(text.topP) : nil,
            "top_k": isSampling ? .integer(text.topK) : nil,
            "min_p": isSampling ? .float(text.minP) : nil,
            "repetition_penalty": .float(text.repetitionPenalty),
            "num_beams": .integer(text.beamCount),
            "length_penalty": isSampling ? nil : .float(text.lengthPenalty),
            "n": .integer(text.sequenceCount),
            "stop": .array(text.stop.map { .string($0) }),
            "logprobs": .bool(text.logProbabilityCount != nil),
            "top_logprobs": text.logProbabilityCount.map { .integer($0) },
        ])
        let pictures = JSON.members([
            "n": .integer(picture.count),
            "steps": .integer(picture.stepCount),
            "guidance_scale": .float(picture.guidanceScale),
            "scheduler": .string(picture.method.rawValue),
            "format": .string(imageFormat.rawValue),
            "delivery": imageDelivery == .whole ? nil : .string(imageDelivery.rawValue),
            "metadata": imageFormat == .png && !writesMetadata ? .bool(false) : nil,
            "preview_every": .integer(picture.previewInterval),
        ])
        let isInterleaved = request.mode == .interleave
        return .members([
            "template": template.map { .string($0) },
            "mode": .string(request.mode.rawValue),
            "force": request.force.map { .string($0.rawValue) },
            "max_segments": isInterleaved ? .integer(request.maximumSegmentCount) : nil,
            "text": request.mode == .image ? nil : words,
            "image": request.mode == .text ? nil : pictures,
            "seed": .unsigned(request.seed),
            "timeout_ms": request.timeout.map { .integer(Int($0 / .milliseconds(1))) },
            "priority": .string(request.priority.rawValue),
        ])
    }

    /// A whole answer.
    ///
    /// - Parameters:
    ///   - id: Name of the answer.
    ///   - created: Seconds since 1970.
    ///   - model: Name of the model.
    ///   - status: Where the request is in its life; nil leaves it out.
    ///   - segments: Documents of the segments.
    ///   - completion: How the answer ended.
    /// - Returns: The document.
    package func document(
        id: String,
        created: Int,
        model: String,
        status: String? = nil,
        segments: [JSON],
        completion: Completion
    ) -> JSON {
        .members([
            "id": .string(id), "object": "interleave", "created": .integer(created),
            "model": .string(model), "status": status.map { .string($0) },
            "segments": .array(segments),
            "finish_reason": .string(completion.finishReason.rawValue),
            "usage": completion.usage.json, "timings": completion.timings.json,
            "explain": explains ? completion.explanationJSON : nil, "parameters": parameters,
        ])
    }
}
