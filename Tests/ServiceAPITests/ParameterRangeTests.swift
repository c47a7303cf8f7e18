import Foundation
import JSON
import Testing

@testable import ServiceAPI

@Suite("Ranges of parameters")
struct ParameterRangeTests {
    /// A number's range as the model's description tells it.
    private struct Range {
        let section: String
        let name: String
        let isWhole: Bool
        let minimum: Double
        let maximum: Double
    }

    private func ranges(_ limits: Limits) throws -> [Range] {
        let document = limits.ranges(of: try TinyModel.configuration())
        let root = try #require(
            try JSONSerialization.jsonObject(with: Data(document.encoded)) as? Document
        )
        return try ["text", "image"].flatMap { section in
            try #require(root[section] as? [String: Document]).compactMap { name, range in
                guard let minimum = range["minimum"] as? Double,
                    let maximum = range["maximum"] as? Double
                else { return nil }
                let isWhole = range["type"] as? String == "integer"
                return Range(
                    section: section,
                    name: name,
                    isWhole: isWhole,
                    minimum: minimum,
                    maximum: maximum
                )
            }
        }
    }

    /// Why a request with this parameter is refused as being out of its range; nil if it is not.
    private func refusal(_ range: Range, _ value: Double, _ limits: Limits) throws -> String? {
        let text = range.isWhole ? String(Int(value)) : String(value)
        let others = range.name == "length_penalty" ? ",\"num_beams\":2" : ""
        let body =
            "{\"input\":[{\"type\":\"text\",\"text\":\"a\"}],\"mode\":\"\(range.section)\","
            + "\"\(range.section)\":{\"\(range.name)\":\(text)\(others)}}"
        do {
            _ = try InterleaveCall(
                decoding: Array(body.utf8),
                configuration: TinyModel.configuration(),
                limits: limits
            )
            return nil
        } catch let error as RequestError {
            // Other parameters may make a value impossible that is within its range.
            return error.detail.contains("must be between") ? error.field : nil
        }
    }

    @Test("Told for the model are those beyond which a request is refused")
    func areThoseThatHold() throws {
        var limits = Limits()
        limits.maximumTokenCount = 77
        limits.maximumStepCount = 33
        for range in try ranges(limits) {
            let field = "\(range.section).\(range.name)"
            for value in [range.minimum, range.maximum] {
                #expect(try refusal(range, value, limits) == nil, "\(field) = \(value)")
            }
            for value in [range.minimum - 1, range.maximum + 1] {
                #expect(try refusal(range, value, limits) == field, "\(field) = \(value)")
            }
        }
    }

    @Test("Are told for every number that a request may have")
    func areComplete() throws {
        let names = Set(try ranges(Limits()).map { "\($0.section).\($0.name)" })
        #expect(
            names == [
                "text.max_tokens", "text.min_tokens", "text.temperature", "text.top_p",
                "text.top_k", "text.min_p", "text.repetition_penalty", "text.num_beams",
                "text.length_penalty", "text.n", "text.top_logprobs",
                "image.n", "image.steps", "image.guidance_scale", "image.preview_every",
            ]
        )
    }
}
