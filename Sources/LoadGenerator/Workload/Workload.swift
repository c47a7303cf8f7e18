internal import Foundation
internal import Images

/// Sizes of generated requests.
package struct WorkloadSizes: Hashable, Sendable {
    /// Tokens of every text; the model may end none earlier.
    package var tokenCount = 32
    /// Denoising steps of every picture.
    package var stepCount = 10
    /// Words of every prompt.
    package var wordCount = 12
    /// Different pictures that requests bring.
    package var pictureCount = 8
    /// Side of these pictures, in pixels.
    package var pictureSide = 96
    /// Strength of guidance; nil for the model's own.
    package var guidanceScale: Double?
    /// Longest time of a request.
    package var timeout = Duration.seconds(300)

    /// The defaults above.
    package init() {}
}

/// A request to be sent.
package struct LoadRequest: Hashable, Sendable {
    /// Place in the run, from 0.
    package let index: Int
    /// What it asks for.
    package let kind: LoadKind
    /// When it is to be sent, from the beginning of the run; nil as soon as there is room.
    package let start: Duration?
    /// Tokens of its text.
    package let tokenCount: Int
    /// Steps of its picture.
    package let stepCount: Int
    /// Words of its prompt.
    package let wordCount: Int

    /// Describes a request.
    package init(
        index: Int,
        kind: LoadKind,
        start: Duration?,
        tokenCount: Int,
        stepCount: Int,
        wordCount: Int
    ) {
        self.index = index
        self.kind = kind
        self.start = start
        self.tokenCount = tokenCount
        self.stepCount = stepCount
        self.wordCount = wordCount
    }
}

/// Makes requests that follow from a seed alone, so that a run can be repeated and each request sent again.
package struct Workload: Sendable {
    private let seed: UInt64
    private let sizes: WorkloadSizes
    private let pictures: [String]

    /// Draws the pictures.
    ///
    /// - Throws: what encoding them throws.
    package init(seed: UInt64, sizes: WorkloadSizes) throws {
        self.seed = seed
        self.sizes = sizes
        pictures = try (0..<max(1, sizes.pictureCount)).map { index in
            let image = Self.picture(seed: seed &+ UInt64(index), side: sizes.pictureSide)
            return Data(try ImageEncoder.encodePNG(image)).base64EncodedString()
        }
    }

    // MARK: - Plans

    /// A fixed number of requests, each sent as soon as there is room.
    package func closed(count: Int, _ mix: Mix) -> [LoadRequest] {
        var random = SeededRandom(seed: seed)
        return (0..<count).map { request($0, mix.choose(using: &random), at: nil) }
    }

    /// Requests that arrive at random, independently of each other (a Poisson process).
    package func open(rate: Double, duration: Duration, _ mix: Mix) -> [LoadRequest] {
        var random = SeededRandom(seed: seed)
        var requests: [LoadRequest] = []
        var seconds = 0.0
        while true {
            seconds -= log(1 - Double.random(in: 0..<1, using: &random)) / rate
            guard .seconds(seconds) < duration else { return requests }
            let kind = mix.choose(using: &random)
            requests.append(request(requests.count, kind, at: .seconds(seconds)))
        }
    }

    private func request(_ index: Int, _ kind: LoadKind, at start: Duration?) -> LoadRequest {
        LoadRequest(
            index: index,
            kind: kind,
            start: start,
            tokenCount: sizes.tokenCount,
            stepCount: sizes.stepCount,
            wordCount: sizes.wordCount
        )
    }

    // MARK: - Documents

    /// The document of a request, for `POST /v1/interleave`; the same each time.
    package func body(_ request: LoadRequest) -> [UInt8] {
        var random = SeededRandom(seed: seed ^ UInt64(request.index) &* 0x2545_f491_4f6c_dd1d)
        let words = (0..<request.wordCount).map { _ in
            Self.words.randomElement(using: &random) ?? "a"
        }.joined(separator: " ")
        let picture = pictures.randomElement(using: &random) ?? ""
        let text = "{\"type\":\"text\",\"text\":\"\(words)\"}"
        let image = "{\"type\":\"image\",\"image\":\"\(picture)\"}"
        let guidance = sizes.guidanceScale.map { ",\"guidance_scale\":\($0)" } ?? ""
        // A length that does not depend on the weights makes runs comparable.
        let writing =
            "\"text\":{\"max_tokens\":\(request.tokenCount),\"min_tokens\":\(request.tokenCount)}"
        let drawing = "\"image\":{\"steps\":\(request.stepCount)\(guidance)}"
        let rest =
            switch request.kind {
            case .caption: "[\(image),\(text)],\"mode\":\"text\",\(writing)"
            case .picture: "[\(text)],\"mode\":\"image\",\(drawing)"
            case .interleave:
                "[\(image),\(text)],\"mode\":\"interleave\",\"force\":\"image\","
                    + "\"max_segments\":2,\(writing),\(drawing)"
            }
        let timeout = max(1, Int(sizes.timeout / .milliseconds(1)))
        let document =
            "{\"input\":\(rest),\"seed\":\(request.index),\"timeout_ms\":\(timeout),\"stream\":true}"
        return Array(document.utf8)
    }

    private static let words = [
        "a", "the", "red", "green", "blue", "small", "large", "circle", "square", "star", "house",
        "left", "right", "above", "below", "and", "moves", "light", "dark", "hill",
    ]

    /// A picture of coloured rectangles.
    private static func picture(seed: UInt64, side: Int) -> RGBImage {
        var random = SeededRandom(seed: seed)
        var canvas = Canvas(width: side, height: side, background: Color.random(using: &random))
        for _ in 0..<6 {
            let x = Int.random(in: 0..<side, using: &random)
            let y = Int.random(in: 0..<side, using: &random)
            let width = Int.random(in: 1...side / 2 + 1, using: &random)
            let height = Int.random(in: 1...side / 2 + 1, using: &random)
            canvas.fill(x, y, width, height, Color.random(using: &random))
        }
        return canvas.image
    }
}
