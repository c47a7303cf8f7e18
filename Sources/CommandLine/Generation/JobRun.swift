import ArgumentParser
import Engine
import Files
import Foundation
import Images
import JSON
import MMInterleaved
import ServiceAPI
import Tokenization

/// Computes one job and writes its answer: words to standard output, pictures and `answer.json` to files.
struct JobRun {
    let engine: Engine
    let directory: String

    /// Runs the job.
    ///
    /// - Throws: ``EngineError`` if there is no answer, or what writing files throws.
    func run(_ job: GenerationJob) throws {
        let folder = job.name.map { "\(directory)/\($0)" } ?? directory
        try Folder.make(folder)
        let encoder = SegmentEncoder(
            job.call,
            model: engine.modelConfiguration.name,
            tokenizer: engine.tokenizer
        )
        let events = EventQueue<EngineEvent>()
        _ = try engine.submit(job.call.request) { events.send($0) }
        var bar: ProgressBar?
        var segments: [JSON] = []
        while true {
            switch events.next() {
            case .segmentStarted(let index, .image):
                bar = ProgressBar("drawing picture \(index)")
            case .imageProgress(_, let picture, let step, let stepCount):
                let count = job.call.request.picture.count
                let share = Double(picture * stepCount + step) / Double(count * stepCount)
                bar?.show(share, "step \(step)/\(stepCount)")
            case .segmentDone(let segment):
                bar?.finish()
                bar = nil
                segments.append(try write(encoder.encode(segment), encoder, folder))
            case .completed(let completion):
                let document = job.call.document(
                    id: "generate",
                    created: Int(Date().timeIntervalSince1970),
                    model: engine.modelConfiguration.name,
                    segments: segments,
                    completion: completion
                )
                try File.write(document.encoded + [0x0A], to: "\(folder)/answer.json")
                return
            case .failed(let error):
                bar?.finish()
                throw error
            default: break
            }
        }
    }

    /// Writes a segment; returns what `answer.json` says about it, with a file's name for its pictures.
    private func write(
        _ segment: EncodedSegment,
        _ encoder: SegmentEncoder,
        _ folder: String
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
                let path = "\(folder)/\(name)"
                try File.write(picture.bytes, to: path)
                print(path)
                // Pictures of one segment differ in their seeds.
                names[picture.seed] = name
            }
            return encoder.json(segment) { ("file", .string(names[$0.seed] ?? "")) }
        }
    }
}
