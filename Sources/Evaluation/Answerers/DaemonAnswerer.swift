internal import Engine
internal import Foundation
internal import Images
internal import JSON
package import LoadGenerator

/// Answers with a daemon, through `POST /v1/interleave`.
package final class DaemonAnswerer: Answerer {
    private let client: HTTPClient

    /// Asks a daemon by its client.
    package init(_ client: HTTPClient) {
        self.client = client
    }

    /// Posts a request and waits; a daemon without room is asked again.
    ///
    /// - Throws: ``AnswerFault`` or ``HTTPClient/Fault``.
    package func answer(_ request: EvaluationRequest) throws -> [AnswerSegment] {
        let body = Self.document(request)
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
    static func document(_ request: EvaluationRequest) -> [UInt8] {
        let input = request.input.map { part -> JSON in
            switch part {
            case .text(let text): return ["type": "text", "text": .string(text)]
            case .image(let file):
                var encoded: [UInt8] = []
                Base64.encode(file, to: &encoded)
                let text = String(decoding: encoded, as: UTF8.self)
                return ["type": "image", "image": .string(text)]
            }
        }
        let words: JSON = [
            "max_tokens": .integer(request.maximumTokenCount), "temperature": .integer(0),
            "min_tokens": .integer(0), "repetition_penalty": .integer(1),
        ]
        let drawing = JSON.members([
            "format": "png",
            "steps": request.drawing.stepCount.map { .integer($0) },
            "guidance_scale": request.drawing.guidanceScale.map { .float($0) },
        ])
        let isInterleaved = request.mode == .interleave
        return JSON.members([
            "input": .array(input), "mode": .string(request.mode.rawValue),
            "force": request.beginsWithPicture ? "image" : nil,
            "max_segments": isInterleaved ? .integer(request.maximumSegmentCount) : nil,
            "text": request.mode == .image ? nil : words,
            "image": request.mode == .text ? nil : drawing,
            "seed": .unsigned(request.seed), "stream": .bool(false),
        ]).encoded
    }

    /// The segments of an answer's document.
    ///
    /// - Throws: ``AnswerFault`` if it is none.
    package static func segments(_ document: [UInt8]) throws -> [AnswerSegment] {
        let node: JSONNode
        do throws(JSONError) {
            node = try JSONParser.parse(document)
        } catch {
            throw AnswerFault("an answer that is no JSON: \(error)")
        }
        guard let segments = node["segments"]?.elements else {
            throw AnswerFault("an answer without segments")
        }
        return try segments.map { segment in
            if let text = segment["text"]?.text {
                let reason = segment["finish_reason"]?.text
                return .text(text, opensPicture: reason == FinishReason.image.rawValue)
            }
            guard case .string(let string)? = segment["image"],
                let comma = string.bytes.firstIndex(of: UInt8(ascii: ",")),
                let file = Base64.decode(string.bytes[(comma + 1)...])
            else { throw AnswerFault("a segment with neither text nor picture") }
            return .picture(AnswerPicture(try ImageFileDecoder.decode(file)))
        }
    }
}
