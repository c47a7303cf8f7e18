package import Images
package import MMInterleaved
internal import Scheduling

/// One part of what a request gives the model.
package enum InputPart: Hashable, Sendable {
    /// Words.
    case text(String)
    /// A picture file: JPEG, PNG or WebP bytes.
    case image([UInt8])
}

/// What a request wants back.
package enum GenerationMode: String, Sendable, CaseIterable {
    /// Words only.
    case text
    /// One picture (or several of the same context).
    case image
    /// Words and pictures in turn, until the model ends or the limit is reached.
    case interleave
}

/// Words or a picture.
package enum SegmentKind: String, Sendable, CaseIterable {
    /// Words.
    case text
    /// A picture.
    case image
}

/// A checked request: text and pictures to continue, and how.
package struct InterleaveRequest: Sendable {
    /// The sequence to continue.
    package var input: [InputPart] = []
    /// What to generate.
    package var mode = GenerationMode.interleave
    /// What an interleaved answer begins with; nil leaves it to the model.
    package var force: SegmentKind?
    /// Most segments of an interleaved answer.
    package var maximumSegmentCount = 4
    /// What segments of an interleaved answer follow one another.
    package var policy = SegmentPolicy.modelOpens
    /// How the input's picture files are read.
    package var appearance = ImageFileDecoder.Appearance.seen
    /// How words are generated.
    package var text = TextParameters()
    /// How pictures are drawn.
    package var picture = PictureParameters()
    /// Seed of all random numbers.
    package var seed: UInt64 = 0
    /// When it arrived, from which its time counts; nil for its submission.
    package var arrived: ContinuousClock.Instant?
    /// Longest time from its arrival to the last event; nil for no limit.
    package var timeout: Duration?
    /// How much of the machine it gets while others compete with it.
    package var priority = RequestPriority.normal
    /// With whom it shares what was computed.
    package var scope = CacheScope()
    /// Where to tell how far it is, for those who watch the engine.
    package var recorder: RequestRecorder?

    /// An empty request with the settings above.
    package init() {}
}

/// A request for the log-probabilities of options after a context.
package struct ScoreRequest: Sendable {
    /// The context.
    package var input: [InputPart]
    /// Texts whose probability is asked for.
    package var options: [String]
    /// With whom it shares what was computed.
    package var scope = CacheScope()
    /// When it arrived, from which its time counts; nil for its submission.
    package var arrived: ContinuousClock.Instant?
    /// Longest time from its arrival to the answer; nil for no limit.
    package var timeout: Duration?
    /// Where to tell how far it is, for those who watch the engine.
    package var recorder: RequestRecorder?

    /// Asks for options after a context.
    package init(input: [InputPart], options: [String], timeout: Duration? = nil) {
        self.input = input
        self.options = options
        self.timeout = timeout
    }
}
