import Foundation
import HTTPWire
import Images
import JSON
import Testing

@testable import Engine
@testable import ServiceAPI

extension ServiceTests {
    @Suite("Events of an interleave answer")
    struct InterleaveFormatTests {
        private func makeFormat(
            _ change: (inout InterleaveCall) -> Void = { _ in }
        ) throws -> InterleaveFormat {
            let engine = try TinyModel.shared.get()
            var call = InterleaveCall(configuration: engine.modelConfiguration)
            change(&call)
            return InterleaveFormat(id: "interleave-1", call, engine)
        }

        private func told(
            _ event: EngineEvent,
            by format: inout InterleaveFormat
        ) throws -> [(name: String?, data: [String: Any])] {
            var events: [DocumentEvent] = []
            try format.tell(event) { events.append($0) }
            return try events.map { event in
                let data = try JSONSerialization.jsonObject(with: Data(event.document.encoded))
                return (event.name, try #require(data as? [String: Any]))
            }
        }

        private func text(_ text: String) -> Segment {
            let choice = TextSegment.Choice(
                text: text,
                finishReason: .length,
                tokenCount: 1,
                logProbabilities: nil,
                tokens: [5],
                seed: nil
            )
            return .text(TextSegment(index: 0, choices: [choice]))
        }

        @Test("A preview is at most 256 pixels wide and high, and keeps its shape")
        func shrinksPreviews() throws {
            var format = try makeFormat()
            let image = RGBImage(
                width: 600,
                height: 300,
                pixels: [UInt8](repeating: 90, count: 600 * 300 * 3)
            )
            let partial = EngineEvent.imagePartial(index: 0, picture: 0, step: 1, image: image)
            let event = try #require(try told(partial, by: &format).first)
            let url = try #require(event.data["image"] as? String)
            let base64 = try #require(url.split(separator: ",").last)
            let file = try #require(Data(base64Encoded: String(base64)))
            let header = try ImageFileDecoder.header(of: [UInt8](file).span)
            #expect(header.width == 256)
            #expect(header.height == 128)
        }

        @Test(
            "A segment below 48 KiB tells its words again, a longer one leaves them to the deltas"
        )
        func leavesOutLongTexts() throws {
            for (count, isRepeated) in [(40_000, true), (60_000, false)] {
                var format = try makeFormat()
                let words = String(repeating: "a", count: count)
                let events = try told(.segmentDone(text(words)), by: &format)
                let deltas = events.filter { $0.name == "text.delta" }
                #expect(deltas.compactMap { $0.data["text"] as? String }.joined() == words)
                let segment = events.last?.data["segment"] as? [String: Any]
                #expect(events.last?.name == "segment.done")
                #expect((segment?["text"] as? String == words) == isRepeated)
                #expect(segment?["finish_reason"] as? String == "length")
            }
        }

        @Test("Events are numbered in the order in which they are sent")
        func numbersEvents() throws {
            var format = try makeFormat()
            var events: [DocumentEvent] = []
            format.begin { events.append($0) }
            try format.tell(.segmentStarted(index: 0, kind: .text)) { events.append($0) }
            try format.tell(.textDelta(index: 0, text: "a")) { events.append($0) }
            format.fail(ErrorResponse(.gatewayTimeout, "late")) { events.append($0) }
            let numbers = try events.map { event in
                let data = try JSONSerialization.jsonObject(with: Data(event.document.encoded))
                return (data as? [String: Any])?["sequence_number"] as? Int
            }
            #expect(numbers == [0, 1, 2, 3])
            #expect(
                events.map(\.name)
                    == ["interleave.created", "segment.started", "text.delta", "error"]
            )
        }
    }
}
