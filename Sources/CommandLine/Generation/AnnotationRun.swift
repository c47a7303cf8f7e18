import ArgumentParser
import Engine
import Files
import Foundation
import Images
import JSON

/// Computes the rounds of annotations and writes them: words to standard output, pictures and
/// `answer.json` to a folder per annotation.
struct AnnotationRun {
    let engine: Engine
    let settings: AnnotationSettings
    let directory: String

    /// A round in `answer.json`.
    private struct Round: Encodable {
        let iter: Int
        let mode: String
        var text: String?
        var outputIDs: [Int]?
        var files: [String]?
        let genImageNext: Bool
        let stopped: Bool

        private enum CodingKeys: String, CodingKey {
            case iter, mode, text, files, stopped
            case outputIDs = "output_ids"
            case genImageNext = "gen_image_next"
        }
    }

    /// Runs one annotation; `index` names its folder.
    func run(_ annotation: Annotation, index: Int) throws {
        let folder = "\(directory)/\(index)"
        try Folder.make(folder)
        let coming = try AnnotationRounds(annotation, settings, engine)
        var rounds: [Round] = []
        while true {
            var bar = ProgressBar("annotation \(index), round \(rounds.count)")
            let next = try coming.next { step, stepCount in
                bar.show(Double(step) / Double(stepCount), "step \(step)/\(stepCount)")
            }
            guard let round = next else { break }
            bar.finish()
            rounds.append(try write(round, folder))
        }
        try File.write(
            Array((try JSON(encoding: rounds).prettyText + "\n").utf8),
            to: "\(folder)/answer.json"
        )
    }

    private func write(_ round: AnnotationRound, _ folder: String) throws -> Round {
        switch round.output {
        case .text(let text, let generated):
            print(text)
            return Round(
                iter: round.index,
                mode: Annotation.Mode.texts.name,
                text: text,
                outputIDs: generated,
                genImageNext: round.opensPicture,
                stopped: round.isStopped
            )
        case .pictures(let pictures, _):
            let names = try pictures.enumerated().map { number, picture in
                let place = pictures.count == 1 ? "\(round.index)" : "\(round.index)-\(number)"
                let name = "round-\(place).png"
                try File.write(
                    ImageFileEncoder.encodePNG(picture.image),
                    to: "\(folder)/\(name)"
                )
                print("\(folder)/\(name)")
                return name
            }
            return Round(
                iter: round.index,
                mode: Annotation.Mode.pictures.name,
                files: names,
                genImageNext: round.opensPicture,
                stopped: round.isStopped
            )
        }
    }
}
