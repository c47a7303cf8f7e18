import ArgumentParser
import Engine
import Files
import Foundation
import Images
import JSON
import MMInterleaved
import ServiceAPI
import Tokenization

/// Computes one answer and writes it: words to standard output, pictures and `answer.json` to files.
struct AnswerRun {
    let engine: Engine
    let directory: String
    /// A page to write, too.
    var page: String?

    /// Computes the answer to a request.
    ///
    /// - Throws: ``EngineError`` if there is no answer, or what writing files throws.
    func run(_ call: InterleaveCall) throws {
        let encoder = SegmentEncoder(
            call,
            model: engine.modelConfiguration.name,
            tokenizer: engine.tokenizer
        )
        let events = EventQueue<EngineEvent>()
        _ = try engine.submit(call.request) { events.send($0) }
        var bar: ProgressBar?
        var segments: [JSON] = []
        var encoded: [EncodedSegment] = []
        var steps: [Int: Int] = [:]
        while true {
            switch events.next() {
            case .segmentStarted(let index, .image):
                bar = ProgressBar("drawing picture \(index)")
                steps = [:]
            case .imageProgress(_, let picture, let step, let stepCount, _):
                let count = call.request.picture.count
                // Pictures of one segment are drawn side by side.
                steps[picture] = step
                let share = Double(steps.values.reduce(0, +)) / Double(count * stepCount)
                bar?.show(share, "step \(step)/\(stepCount)")
            case .segmentDone(let segment):
                bar?.finish()
                bar = nil
                let file = try encoder.encode(segment)
                if page != nil { encoded.append(file) }
                segments.append(try write(file, encoder))
            case .completed(let completion):
                let document = call.document(
                    id: "generate",
                    created: Int(Date().timeIntervalSince1970),
                    model: engine.modelConfiguration.name,
                    segments: segments,
                    completion: completion
                )
                try File.write(document.encoded + [0x0A], to: "\(directory)/answer.json")
                if let page { try File.write(show(call, encoded, completion), to: page) }
                return
            case .failed(let error):
                bar?.finish()
                throw error
            default: break
            }
        }
    }

    private func show(
        _ call: InterleaveCall,
        _ segments: [EncodedSegment],
        _ completion: Completion
    ) -> [UInt8] {
        AnswerPage(
            model: engine.modelConfiguration.name,
            input: call.request.input,
            seed: call.request.seed,
            segments: segments,
            completion: completion
        ).bytes
    }

    /// Writes a segment; returns what `answer.json` says about it, with a file's name for its pictures.
    private func write(
        _ segment: EncodedSegment,
        _ encoder: SegmentEncoder
    ) throws -> JSON {
        switch segment {
        case .text(let text):
            for choice in text.choices { print(choice.text) }
            return encoder.json(segment)
        case .images(let index, let pictures):
            var names: [UInt64: String] = [:]
            for (number, picture) in pictures.enumerated() {
                let place = pictures.count == 1 ? "\(index)" : "\(index)-\(number)"
                let name = "segment-\(place).\(picture.format.rawValue)"
                let path = "\(directory)/\(name)"
                try File.write(picture.bytes, to: path)
                print(path)
                // Pictures of one segment differ in their seeds.
                names[picture.seed] = name
            }
            return encoder.json(segment) { ("file", .string(names[$0.seed] ?? "")) }
        }
    }
}
