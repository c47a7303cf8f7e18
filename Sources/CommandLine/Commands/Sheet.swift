import ArgumentParser
import Files
import Foundation
import Images
import JSON

/// Draws requests and their answers as one picture.
struct Sheet: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Draw requests and their answers as one PNG, a row each.",
        discussion: """
            Documents are those that POST /v1/interleave takes and gives (or the answer.json of \
            `generate`). An answer ends its row: give each request, then its answer. Given texts and \
            pictures have a grey bar below them, answered ones a blue one.
            """
    )

    @Option(help: "File to write.")
    var output: String

    @Argument(help: "Requests and answers, JSON files.")
    var documents: [String]

    func run() throws {
        try File.checkWritable(output)
        var rows: [[TranscriptSheet.Element]] = []
        var isRowOpen = false
        for path in documents {
            let document = try SheetDocument(path: path)
            if !isRowOpen { rows.append([]) }
            rows[rows.count - 1] += document.elements
            isRowOpen = !document.isAnswer
        }
        let file = try ImageFileEncoder.encodePNG(TranscriptSheet(rows).image)
        try File.write(file, to: output)
        print(output)
    }
}

/// A request's input or an answer's segments, ready to be drawn.
private struct SheetDocument {
    let elements: [TranscriptSheet.Element]
    let isAnswer: Bool

    private struct Document: Decodable {
        let input: [Part]?
        let segments: [Part]?
    }

    private struct Part: Decodable {
        let text: String?
        /// Base64, as a data URI or alone.
        let image: String?
        /// In the answers of `generate`: a file beside the document.
        let file: String?
        /// Instead of one, in answers to `n` above 1.
        let texts: [Part]?
        let images: [Part]?

        /// One or several.
        var choices: [Part] { texts ?? images ?? [self] }
    }

    private static let maximumByteCount = 256 << 20

    init(path: String) throws {
        let bytes = try File.read(path, maximumByteCount: Self.maximumByteCount, mayBePipe: true)
        let document: Document
        do {
            document = try JSONParser.parse(bytes).decode()
        } catch {
            throw CommandError("\(path): \(error)")
        }
        guard let parts = document.segments ?? document.input else {
            throw CommandError(
                "\(path): is neither a request with `input` nor an answer with `segments`"
            )
        }
        isAnswer = document.segments != nil
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        var elements: [TranscriptSheet.Element] = []
        for (index, part) in parts.enumerated().flatMap({ index, part in
            part.choices.map { (index, $0) }
        }) {
            let place = "\(path): part \(index)"
            if let text = part.text {
                elements.append(.init(.text(text), isAnswer: isAnswer))
            } else if let file = try Self.file(of: part, folder: folder, place) {
                do {
                    // As the model sees it.
                    let picture = try ImageFileDecoder.decode(file, as: .seen)
                    elements.append(.init(.picture(picture), isAnswer: isAnswer))
                } catch {
                    throw CommandError("\(place): \(error)")
                }
            }
        }
        self.elements = elements
    }

    private static func file(of part: Part, folder: String, _ place: String) throws -> [UInt8]? {
        if let image = part.image {
            let isURL = image.prefix(5).lowercased() == "data:"
            let encoded = isURL ? image.drop { $0 != "," }.dropFirst() : image[...]
            guard let bytes = Base64.decode(Array(encoded.utf8)[...]) else {
                throw CommandError("\(place): the picture is not base64")
            }
            return bytes
        }
        return try part.file.map {
            try File.read("\(folder)/\($0)", maximumByteCount: maximumByteCount)
        }
    }
}
