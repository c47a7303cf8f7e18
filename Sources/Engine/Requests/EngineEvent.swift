package import Images
package import MMInterleaved

/// Why a text segment or an answer ended.
package enum FinishReason: String, Sendable {
    /// The model ended it, or a stop text came.
    case stop
    /// A limit on tokens, segments or positions was reached.
    case length
    /// The model opened a picture.
    case image
}

/// Words of an answer.
package struct TextSegment: Sendable {
    /// One way to go on.
    package struct Choice: Sendable {
        /// The words.
        package let text: String
        /// Why they ended.
        package let finishReason: FinishReason
        /// Number of tokens, that which ended it included.
        package let tokenCount: Int
        /// One per token, that which ended it included; if asked for.
        package let logProbabilities: [TokenLogProbability]?
        /// Token ids, ends not counted.
        package let tokens: [Int]
        /// Seed of its random numbers; nil if it has none.
        package let seed: UInt64?
    }

    /// Place in the answer.
    package let index: Int
    /// One, or as many as were asked for.
    package let choices: [Choice]
}

/// A drawn picture.
package struct Picture: Sendable {
    /// Its pixels.
    package let image: RGBImage
    /// Seed of its noise.
    package let seed: UInt64
}

/// Pictures of an answer: one, or several of the same context.
package struct PictureSegment: Sendable {
    /// Place in the answer.
    package let index: Int
    /// The pictures; later segments continue the first.
    package let pictures: [Picture]
}

/// A finished part of an answer.
package enum Segment: Sendable {
    case text(TextSegment)
    case image(PictureSegment)

    /// Place in the answer.
    package var index: Int {
        switch self {
        case .text(let segment): segment.index
        case .image(let segment): segment.index
        }
    }
}

/// What a request made the model compute.
package struct Usage: Hashable, Sendable {
    /// Positions of the prompt, image tokens included.
    package var promptTokenCount = 0
    /// Text tokens generated, those that ended texts included.
    package var completionTokenCount = 0
    /// Positions that were computed by the language model.
    package var computedTokenCount = 0
    /// Positions whose keys and values were found in the cache of shared prefixes.
    package var cachedTokenCount = 0
    /// Pictures of the prompt.
    package var inputImageCount = 0
    /// Pictures drawn.
    package var outputImageCount = 0
    /// Pictures encoded, drawn ones included.
    package var encodedImageCount = 0
    /// Denoising steps taken.
    package var stepCount = 0

    /// Nothing.
    package init() {}
}

/// Where a request's time went.
package struct Timings: Hashable, Sendable {
    /// Between arrival and the first computation, without the work on its input.
    package var queued = Duration.zero
    /// Picture files to pixels, texts to tokens.
    package var decoded = Duration.zero
    /// Vision transformer and synchronizer values.
    package var encoded = Duration.zero
    /// Prompt through the language model.
    package var prefilled = Duration.zero
    /// Tokens generated.
    package var generated = Duration.zero
    /// Denoising steps.
    package var denoised = Duration.zero
    /// Latents to pixels.
    package var rendered = Duration.zero
    /// Arrival to end.
    package var total = Duration.zero
}

/// The end of an answer.
package struct Completion: Sendable {
    /// Why it ended.
    package let finishReason: FinishReason
    /// What it cost.
    package let usage: Usage
    /// How long it took.
    package let timings: Timings
    /// What it took step by step, and what was found computed.
    package var explanation = Explanation()
}

/// Something that happened to a request; `completed` or `failed` is the last.
package enum EngineEvent: Sendable {
    /// The request left the queue.
    case started
    /// A segment begins.
    case segmentStarted(index: Int, kind: SegmentKind)
    /// More words of a segment, which may be none yet of the tokens chosen since the last.
    ///
    /// `choice` counts the texts of the segment.
    case textDelta(
        index: Int,
        choice: Int = 0,
        text: String,
        logProbabilities: [TokenLogProbability]? = nil
    )
    /// A denoising step was taken. `picture` counts the pictures of the segment; the last step is expected after `rest`.
    case imageProgress(index: Int, picture: Int, step: Int, stepCount: Int, rest: Duration)
    /// What a picture looks like so far.
    case imagePartial(index: Int, picture: Int, step: Int, image: RGBImage)
    /// A segment is complete.
    case segmentDone(Segment)
    /// The answer is complete.
    case completed(Completion)
    /// The request ended without an answer.
    case failed(EngineError)

    /// Whether nothing follows.
    package var isLast: Bool {
        switch self {
        case .completed, .failed: true
        default: false
        }
    }
}
