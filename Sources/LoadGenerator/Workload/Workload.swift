internal import Foundation
internal import Images
internal import Scheduling
package import Simulation

/// A request to be sent.
package struct LoadRequest: Hashable, Sendable {
    /// Place in the run, from 0.
    package let index: Int
    /// What it asks for.
    package let arrival: Arrival
    /// When it is to be sent, from the beginning of the run; nil as soon as there is room.
    package let start: Duration?

    /// Describes a request.
    package init(index: Int, arrival: Arrival, start: Duration? = nil) {
        self.index = index
        self.arrival = arrival
        self.start = start
    }
}

/// Makes the documents of requests; they follow from a seed alone, so that a run can be repeated and each
/// request sent again.
package struct Workload: Sendable {
    /// What all requests have in common.
    package struct Settings: Hashable, Sendable {
        /// Seed of words and pictures.
        package var seed: UInt64 = 1
        /// Different pictures that requests bring.
        package var pictureCount = 8
        /// Side of these pictures, in pixels.
        package var pictureSide = 96
        /// Longest time of a request.
        package var timeout = Duration.seconds(300)

        /// The defaults above.
        package init() {}
    }

    private let settings: Settings
    private let pictures: [String]

    /// Draws the pictures.
    ///
    /// - Throws: what encoding them throws.
    package init(_ settings: Settings) throws {
        self.settings = settings
        pictures = try (0..<max(1, settings.pictureCount)).map { index in
            let seed = settings.seed &+ UInt64(index)
            let image = Self.picture(seed: seed, side: max(1, settings.pictureSide))
            return Data(try ImageFileEncoder.encodePNG(image)).base64EncodedString()
        }
    }

    /// The document of a request, for `POST /v1/interleave`; the same each time.
    ///
    /// A word stands for each token of the prompt. Texts have their exact length, however the model would
    /// end them. Several pictures are drawn side by side, in front of the text of an interleaved answer.
    package func body(_ request: LoadRequest) -> [UInt8] {
        let arrival = request.arrival
        var random = LoadRandom(
            seed: settings.seed ^ UInt64(request.index) &* 0x2545_f491_4f6c_dd1d
        )
        var parts = (0..<arrival.imageCount).map { _ in
            "{\"type\":\"image\",\"image\":\"\(pictures.randomElement(using: &random) ?? "")\"}"
        }
        let words = (0..<max(arrival.promptTokenCount, parts.isEmpty ? 1 : 0)).map { _ in
            Self.words.randomElement(using: &random) ?? "a"
        }
        if !words.isEmpty {
            parts.append("{\"type\":\"text\",\"text\":\"\(words.joined(separator: " "))\"}")
        }
        let tokenCount = max(1, arrival.generatedTokenCount)
        let writing = "\"text\":{\"max_tokens\":\(tokenCount),\"min_tokens\":\(tokenCount)}"
        var drawing =
            "\"image\":{\"n\":\(max(1, arrival.pictureCount)),\"steps\":\(max(1, arrival.stepCount))"
        drawing += arrival.isGuided ? "}" : ",\"guidance_scale\":1}"
        let answer =
            switch arrival.kind {
            case .caption: "\"mode\":\"text\",\(writing)"
            case .picture: "\"mode\":\"image\",\(drawing)"
            case .interleave:
                "\"mode\":\"interleave\",\"force\":\"image\",\"max_segments\":2,\(writing),\(drawing)"
            }
        let timeout = max(1, Int(settings.timeout / .milliseconds(1)))
        let document =
            "{\"input\":[\(parts.joined(separator: ","))],\(answer),\"seed\":\(request.index),"
            + "\"priority\":\"\(arrival.priority.rawValue)\",\"timeout_ms\":\(timeout),\"stream\":true}"
        return Array(document.utf8)
    }

    private static let words = [
        "a", "the", "and", "of", "on", "in", "with", "is", "red", "green", "blue", "yellow",
        "small",
        "large", "circle", "square", "star", "left", "right", "above", "below", "moves", "dark",
    ]

    /// A picture of coloured rectangles.
    private static func picture(seed: UInt64, side: Int) -> RGBImage {
        var random = LoadRandom(seed: seed)
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
