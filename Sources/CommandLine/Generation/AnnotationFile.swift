import ArgumentParser
import Engine
import Files
import Foundation
import JSON

/// The reference's `annt.json`: a list of prompts with the paths of their pictures.
///
/// Source: MM-Interleaved's `docs/examples/annt.json` and `inference.py` (`load_annt_data`).
struct AnnotationFile {
    let annotations: [Annotation]

    private struct Entry: Decodable {
        let sentences: [String]
        let images: [String]
        let sentenceIndexes: [Int]
        let isImageFirst: [Bool]
        let mode: String?
        let roundCount: Int?

        private enum CodingKeys: String, CodingKey {
            case sentences, images
            case sentenceIndexes = "sentence_ixs"
            case isImageFirst = "image_first"
            case mode = "generate_mode"
            case roundCount = "num_iter"
        }
    }

    private static let maximumFileByteCount = 16 << 20
    private static let maximumImageByteCount = 64 << 20
    private static let maximumRoundCount = 1000

    /// Reads the file and the pictures that it names, relative to the file or else to the working
    /// directory.
    init(path: String) throws {
        let bytes = try File.read(
            path,
            maximumByteCount: Self.maximumFileByteCount,
            mayBePipe: true
        )
        let entries: [Entry]
        do {
            entries = try JSONParser.parse(bytes).decode()
        } catch {
            throw CommandError("\(path): is no list of annotations as the reference writes it")
        }
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        annotations = try entries.enumerated().map { index, entry in
            let place = "\(path): entry \(index)"
            let name = entry.mode ?? Annotation.Mode.texts.name
            guard let mode = Annotation.Mode.allCases.first(where: { $0.name == name }) else {
                let known = Annotation.Mode.allCases.map(\.name).joined(separator: ", ")
                throw CommandError("\(place): generate_mode \"\(name)\" is none of \(known)")
            }
            let rounds = entry.roundCount ?? 2
            guard (1...Self.maximumRoundCount).contains(rounds) else {
                throw CommandError(
                    "\(place): num_iter \(rounds) is not in 1...\(Self.maximumRoundCount)"
                )
            }
            return Annotation(
                sentences: entry.sentences,
                images: try entry.images.map { try Self.image($0, folder: folder) },
                sentenceIndexes: entry.sentenceIndexes,
                isImageFirst: entry.isImageFirst,
                mode: mode,
                roundCount: rounds
            )
        }
    }

    private static func image(_ path: String, folder: String) throws -> [UInt8] {
        let besideFile = "\(folder)/\(path)"
        let exists = !path.hasPrefix("/") && Folder.hasEntry(besideFile)
        return try File.read(
            exists ? besideFile : path,
            maximumByteCount: maximumImageByteCount
        )
    }
}

extension Annotation.Mode {
    /// The mode's name in the files.
    var name: String {
        switch self {
        case .texts: "generate_texts"
        case .pictures: "generate_images"
        }
    }
}
