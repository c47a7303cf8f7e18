import Dispatch
import Engine
import Images
import Locking
import MMInterleaved
import Tokenization

extension Subject {
    /// Has the engine answer a request, and waits for it.
    ///
    /// - Returns: The finished segments.
    func answer(_ request: InterleaveRequest) throws -> [Segment] {
        let collector = Collector<EngineEvent>()
        _ = try engine.submit(request) { collector.take($0, isLast: $0.isLast) }
        let events = collector.waitForAll()
        if case .failed(let error) = events.last { throw error }
        return events.compactMap { event in
            if case .segmentDone(let segment) = event { segment } else { nil }
        }
    }

    /// Has the engine score options, and waits for it.
    func scores(of options: [String], after input: [InputPart]) throws -> Scores {
        let collector = Collector<Result<Scores, EngineError>>()
        _ = try engine.submit(ScoreRequest(input: input, options: options)) { answer in
            collector.take(answer, isLast: true)
        }
        guard let answer = collector.waitForAll().last else { throw ParityError("no scores came") }
        return try answer.get()
    }

    /// Token ids as parts of a request; nil if their text does not give the same ids again.
    ///
    /// - Parameters:
    ///   - ids: A prompt without padding, begin-of-sequence first.
    ///   - images: Names of its pictures.
    ///   - text: What the ids were made of, where it is known, with the pictures' tokens spelled out.
    /// - Returns: The parts, or nil.
    /// - Throws: if a picture cannot be read.
    func parts(ids: [Int], images: [String], text: String? = nil) throws -> [InputPart]? {
        let places =
            SpecialTokens.imageStartText
            + String(
                repeating: SpecialTokens.imageText,
                count: model.configuration.imageTokenCount
            )
        if let texts = text?.split(separator: places, omittingEmptySubsequences: false),
            let parts = try parts(texts: texts.map(String.init), ids: ids, images: images)
        {
            return parts
        }
        let vocabulary = model.configuration.vocabulary
        let runs = ids.dropFirst().split(
            separator: vocabulary.beginOfImage,
            omittingEmptySubsequences: false
        )
        let texts = try runs.map { run in
            try tokenizer.decode(run.filter { $0 != vocabulary.image })
        }
        return try parts(texts: texts, ids: ids, images: images)
    }

    /// Texts with pictures between them, or nil if they do not give the ids.
    private func parts(texts: [String], ids: [Int], images: [String]) throws -> [InputPart]? {
        guard texts.count == images.count + 1 else { return nil }
        var parts: [InputPart] = []
        var segments: [InterleavedPrompt.Segment] = []
        for (index, text) in texts.enumerated() {
            if index > 0 {
                // Requests are seen upright and over white, the reference reads what is stored.
                let stored = try ImageFileDecoder.decode(
                    bytes(ofImage: images[index - 1]),
                    as: .stored
                )
                parts.append(.image(try ImageFileEncoder.encodePNG(stored)))
                segments.append(.image)
            }
            guard !text.isEmpty else { continue }
            parts.append(.text(text))
            segments.append(.text(text))
        }
        let again = try InterleavedPrompt(segments: segments).tokenIdentifiers(
            using: tokenizer,
            imageTokenCount: model.configuration.imageTokenCount
        )
        return again == ids ? parts : nil
    }
}

/// Gathers what is reported from another thread.
private final class Collector<Element: Sendable>: Sendable {
    private let elements = Mutex<[Element]>([])
    private let isDone = DispatchSemaphore(value: 0)

    func take(_ element: Element, isLast: Bool) {
        elements.withLock { $0.append(element) }
        if isLast { isDone.signal() }
    }

    func waitForAll() -> [Element] {
        isDone.wait()
        return elements.withLock { $0 }
    }
}
