internal import Engine
internal import Foundation
internal import Images
package import LoadGenerator

/// Answers with a daemon, through `POST /v1/interleave`.
package final class DaemonAnswerer: Answerer {
    private let client: HTTPClient

    /// - `server`: Where the daemon is.
    package init(_ server: ServerAddress) {
        client = HTTPClient(server)
    }

    /// Posts a request and waits; a daemon without room is asked again.
    ///
    /// - Throws: ``AnswerFault`` or ``HTTPClient/Fault``.
    package func answer(_ request: EvaluationRequest) throws -> [AnswerSegment] {
        let body = try Self.document(request)
        while true {
            var received: [UInt8] = []
            let answer = try client.exchange(
                "POST",
                "/v1/interleave",
                body: body,
                deadline: .now.advanced(by: Self.patience)
            ) { piece, _, _ in received += piece }
            switch answer.status {
            case 200: return try Self.segments(received)
            case 429, 503:
                let pause = min(answer.retryAfter ?? .milliseconds(100), .seconds(1))
                Thread.sleep(forTimeInterval: pause / .seconds(1))
            default:
                let text = String(decoding: received.prefix(1000), as: UTF8.self)
                throw AnswerFault("status \(answer.status): \(text)")
            }
        }
    }

    /// Longest time that an answer may take.
    private static let patience = Duration.seconds(3600)

    // MARK: - Documents

    /// The request as JSON.
    ///
    /// - Throws: what Foundation throws.
    static func document(_ request: EvaluationRequest) throws -> [UInt8] {
        let input: [[String: Any]] = request.input.map { part in
            switch part {
            case .text(let text): ["type": "text", "text": text]
            case .image(let file):
                ["type": "image", "image": Data(file).base64EncodedString()]
            }
        }
        var drawing: [String: Any] = ["format": "png"]
        drawing["steps"] = request.drawing.stepCount
        drawing["guidance_scale"] = request.drawing.guidanceScale
        var document: [String: Any] = [
            "input": input, "mode": request.mode.rawValue, "seed": request.seed,
            "max_segments": request.maximumSegmentCount, "stream": false,
            "text": [
                "max_tokens": request.maximumTokenCount, "temperature": 0, "min_tokens": 0,
                "repetition_penalty": 1,
            ],
            "image": drawing,
        ]
        if request.mode == .interleave { document["force"] = "image" }
        return Array(try JSONSerialization.data(withJSONObject: document))
    }

    /// The segments of an answer's document.
    ///
    /// - Throws: ``AnswerFault`` if it is none.
    package static func segments(_ document: [UInt8]) throws -> [AnswerSegment] {
        let object = try JSONSerialization.jsonObject(with: Data(document)) as? [String: Any]
        guard let segments = object?["segments"] as? [[String: Any]] else {
            throw AnswerFault("an answer without segments")
        }
        return try segments.map { segment in
            if let text = segment["text"] as? String {
                let reason = segment["finish_reason"] as? String
                return .text(text, opensPicture: reason == FinishReason.image.rawValue)
            }
            guard let url = segment["image"] as? String, let comma = url.firstIndex(of: ","),
                let file = Data(base64Encoded: String(url[url.index(after: comma)...]))
            else { throw AnswerFault("a segment with neither text nor picture") }
            return .picture(AnswerPicture(try ImageDecoder.decode(Array(file))))
        }
    }
}
