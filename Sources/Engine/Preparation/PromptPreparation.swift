internal import Images
internal import Locking
internal import MMInterleaved
internal import Tokenization

/// A request's input on its way to a prompt: its pictures one by one, then its texts.
///
/// It holds the input, and lets go of each file once it is decoded, and of everything when it is cancelled.
///
/// Threads: one at a time prepares; ``cancel()`` may come from any.
final class PromptPreparation: Sendable {
    /// Bounds of a request's pictures.
    struct Limits: Sendable {
        /// Bounds of each.
        var picture: ImageLimits
        /// Most pixels of all together.
        var maximumPixelCount: Int
    }

    /// What has become of a part.
    private enum Part: Sendable {
        case text(String)
        /// A file, and the pixels that its head announces.
        case file([UInt8], pixelCount: Int)
        case picture(PreparedPicture)
    }

    private let configuration: ModelConfiguration
    private let tokenizer: Tokenizer
    private let limits: Limits
    private let appearance: ImageFileDecoder.Appearance
    private let scope: CacheScope
    private let otherByteCount: Int
    private let parts: Mutex<[Part]>
    private let cancellation = Mutex(false)

    private var isCancelled: Bool { cancellation.withLock { $0 } }

    /// Checks what can be told without decoding or tokenizing anything.
    ///
    /// - Parameters:
    ///   - input: Texts and picture files.
    ///   - appearance: How the files are read.
    ///   - scope: Who may find the pictures again.
    ///   - otherByteCount: Bytes of text that are to become tokens afterwards.
    ///   - configuration: The model's.
    ///   - tokenizer: The model's.
    ///   - limits: Most pixels.
    /// - Throws: ``EngineError`` that names the part of the input.
    init(
        _ input: [InputPart],
        as appearance: ImageFileDecoder.Appearance,
        scope: CacheScope,
        otherByteCount: Int,
        _ configuration: ModelConfiguration,
        _ tokenizer: Tokenizer,
        limits: Limits
    ) throws(EngineError) {
        try Prompt.check(input, configuration)
        self.configuration = configuration
        self.tokenizer = tokenizer
        self.limits = limits
        self.appearance = appearance
        self.scope = scope
        self.otherByteCount = otherByteCount
        var parts: [Part] = []
        for part in input {
            switch part {
            case .text(let text): parts.append(.text(text))
            case .image(let file): parts.append(.file(file, pixelCount: 0))
            }
        }
        self.parts = Mutex(parts)
    }

    /// Reads the heads of the pictures.
    ///
    /// - Throws: ``EngineError`` of kind `unreadableImage` that names the first which is none, or too large.
    func readHeads() throws(EngineError) {
        var sum = 0
        for (index, part) in parts.withLock({ $0 }).enumerated() {
            guard case .file(let file, _) = part else { continue }
            let count = try unreadable(index) { () throws(ImageError) in
                try ImageFileDecoder.header(of: file.span, limits: limits.picture).pixelCount
            }
            sum += count
            guard sum <= limits.maximumPixelCount else {
                throw EngineError(
                    .unreadableImage,
                    field: .inputPicture(part: index),
                    "the pictures up to this one have \(sum) pixels together, at most "
                        + "\(limits.maximumPixelCount) are allowed (max_request_pixels)"
                )
            }
            replace(index, by: .file(file, pixelCount: count))
        }
    }

    /// What the next piece takes.
    ///
    /// The unit is a pixel to decode; texts come last, in one piece.
    var demand: WorkLane.Demand {
        parts.withLock { parts in
            for part in parts {
                if case .file(_, let count) = part { return .init(cost: count, holding: count) }
            }
            return .init(cost: textCost(parts))
        }
    }

    /// Whether all of it takes so little that nobody would notice.
    var isSmall: Bool {
        parts.withLock { parts in
            parts.reduce(textCost(parts)) { sum, part in
                if case .file(let file, let count) = part {
                    // Unpacking costs as well, whatever comes out.
                    sum + count + file.count
                } else {
                    sum
                }
            } <= Self.smallCost
        }
    }

    /// Decodes the next picture, if one is left.
    ///
    /// - Returns: Whether there was one.
    /// - Throws: ``EngineError`` that names it.
    func decodeNext() throws(EngineError) -> Bool {
        let next = parts.withLock { parts -> (Int, [UInt8])? in
            for (index, part) in parts.enumerated() {
                if case .file(let file, _) = part { return (index, file) }
            }
            return nil
        }
        guard let (index, file) = next else { return false }
        let image = try unreadable(index) { () throws(ImageError) in
            try ImageFileDecoder.decode(file, limits: limits.picture, as: appearance) {
                self.isCancelled
            }
        }
        let picture = PreparedPicture(
            image,
            resolution: configuration.vision.imageSize,
            scope: scope
        )
        replace(index, by: .picture(picture))
        return true
    }

    /// The prompt, once all pictures are decoded.
    ///
    /// - Throws: ``EngineError``.
    func finish() throws(EngineError) -> Prompt {
        try requireWanted()
        var segments: [InterleavedPrompt.Segment] = []
        var pictures: [PreparedPicture] = []
        for part in parts.withLock({ parts in
            defer { parts = [] }
            return parts
        }) {
            switch part {
            case .text(let text): segments.append(.text(text))
            case .picture(let picture):
                pictures.append(picture)
                segments.append(.image)
            case .file: throw EngineError(.internalFailure, "a picture was not decoded")
            }
        }
        return try Prompt(segments, pictures, configuration, tokenizer)
    }

    /// Checks that the work has not been cancelled.
    ///
    /// - Throws: ``EngineError`` of kind `cancelled`.
    func requireWanted() throws(EngineError) {
        guard !isCancelled else {
            throw EngineError(.cancelled, "the request has ended")
        }
    }

    /// Ends the work at the next row, and lets go of the input.
    func cancel() {
        cancellation.withLock { $0 = true }
        parts.withLock { $0 = [] }
    }

    // MARK: - Parts

    /// Decoding as many pixels takes some milliseconds.
    static let smallCost = 1 << 20
    /// Pixels that can be decoded in the time that a byte of text takes to become tokens: of text without spaces, which
    /// takes longest.
    static let costPerByte = 256

    private func textCost(_ parts: [Part]) -> Int {
        let byteCount = parts.reduce(otherByteCount) { sum, part in
            if case .text(let text) = part { sum + text.utf8.count } else { sum }
        }
        return byteCount * Self.costPerByte
    }

    private func replace(_ index: Int, by part: Part) {
        parts.withLock { parts in
            // Cancelled meanwhile.
            guard index < parts.count else { return }
            parts[index] = part
        }
    }

    private func unreadable<Result>(
        _ index: Int,
        _ body: () throws(ImageError) -> Result
    ) throws(EngineError) -> Result {
        do {
            return try body()
        } catch {
            throw EngineError(
                error.kind == .stopped ? .cancelled : .unreadableImage,
                field: .inputPicture(part: index),
                error.description
            )
        }
    }
}
