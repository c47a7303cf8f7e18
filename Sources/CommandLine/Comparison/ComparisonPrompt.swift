import Engine
import Evaluation
import Files
import MMInterleaved
import Tokenization
import World

/// What is given to both models: a text, or texts and pictures.
struct ComparisonPrompt {
    /// What errors call it: `prompts.txt, line 3`.
    let place: String
    let parts: [InputPart]

    /// The words, with a mark where a picture stands.
    var title: String {
        parts.map { part in
            switch part {
            case .text(let text): text
            case .image: "(picture) "
            }
        }.joined()
    }

    /// The pictures' files.
    var pictures: [[UInt8]] {
        parts.compactMap { part in
            if case .image(let file) = part { file } else { nil }
        }
    }

    /// The prompt's token ids; every picture is its begin-of-image token followed by its image tokens.
    ///
    /// - Parameters:
    ///   - configuration: The model's.
    ///   - tokenizer: The model's.
    ///   - count: Positions that may follow.
    /// - Returns: The ids.
    /// - Throws: ``CommandError`` if they and what may follow do not fit the model's longest sequence.
    func tokens(
        _ configuration: ModelConfiguration,
        _ tokenizer: Tokenizer,
        leaving count: Int
    ) throws -> [Int] {
        let segments = parts.map { part -> InterleavedPrompt.Segment in
            switch part {
            case .text(let text): .text(text)
            case .image: .image
            }
        }
        let tokens = try InterleavedPrompt(segments: segments).tokenIdentifiers(
            using: tokenizer,
            imageTokenCount: configuration.imageTokenCount
        )
        let maximum = configuration.language.maximumPositionCount
        guard tokens.count + count <= maximum else {
            throw CommandError(
                "\(place): has \(tokens.count) positions, \(count) may follow, and at most \(maximum) fit"
            )
        }
        return tokens
    }

    // MARK: - From files

    private static let maximumFileByteCount = 1 << 20
    private static let maximumLineByteCount = 4096

    /// Most lines of a file.
    static let maximumCount = 256

    /// Reads a file with a prompt on each line that is not empty.
    ///
    /// - Parameters:
    ///   - path: The file; - for standard input.
    ///   - flag: The flag that names it, for errors.
    /// - Returns: At least one prompt.
    /// - Throws: ``CommandError`` that names the flag, the place and the limit.
    static func prompts(in path: String, _ flag: String) throws -> [ComparisonPrompt] {
        let text: String
        do throws(FileError) {
            text = try File.readText(path, maximumByteCount: maximumFileByteCount, mayBePipe: true)
        } catch {
            throw CommandError("\(flag) \(error)")
        }
        var prompts: [ComparisonPrompt] = []
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        for (index, line) in lines.enumerated() where !line.allSatisfy(\.isWhitespace) {
            let place = "\(flag) \(path), line \(index + 1)"
            guard line.utf8.count <= maximumLineByteCount else {
                throw CommandError(
                    "\(place): has \(line.utf8.count) bytes, at most \(maximumLineByteCount) are allowed"
                )
            }
            guard prompts.count < maximumCount else {
                throw CommandError("\(flag) \(path): has more than \(maximumCount) prompts")
            }
            prompts.append(ComparisonPrompt(place: place, parts: [.text(String(line))]))
        }
        guard !prompts.isEmpty else { throw CommandError("\(flag) \(path): has no prompts") }
        return prompts
    }

    // MARK: - Of the world

    /// Prompts that models of the world of coloured shapes understand, as nano does.
    ///
    /// They are held-out examples of captions, questions and boxes.
    ///
    /// - Throws: `ImageError` if a picture cannot be encoded.
    static func ofWorldToContinue() throws -> [ComparisonPrompt] {
        try ofWorld([.caption, .question, .grounding])
    }

    /// Prompts that such models draw pictures after: held-out descriptions and edits.
    ///
    /// - Throws: `ImageError` if a picture cannot be encoded.
    static func ofWorldToDraw() throws -> [ComparisonPrompt] {
        try ofWorld([.textToImage, .editing])
    }

    private static let worldCount = 8

    private static func ofWorld(_ assignments: [Assignment]) throws -> [ComparisonPrompt] {
        try assignments.flatMap { assignment in
            try (0..<worldCount).compactMap { index in
                let example = Example(assignment, seed: assignment.heldOutSeed, index: index)
                let place = "\(assignment.rawValue) \(index)"
                return try Dialogue(example, seed: 0).request(after: []).map {
                    ComparisonPrompt(place: place, parts: $0.input)
                }
            }
        }
    }
}
