package import Scheduling

/// A request of a trace: when it comes, and what it takes.
package struct Arrival: Hashable, Sendable {
    /// Time since the trace's start.
    package var time: Duration
    package var kind: RequestKind
    package var priority: Priority
    /// Text tokens of the prompt.
    package var promptTokenCount: Int
    /// Pictures of the prompt.
    package var imageCount: Int
    /// Tokens that the answer gets, all segments together.
    package var generatedTokenCount: Int
    /// Pictures that the answer gets.
    package var pictureCount: Int
    /// Denoising steps of each picture.
    package var stepCount: Int
    /// Whether pictures are drawn with guidance: two samples per step.
    package var isGuided: Bool

    package init(
        time: Duration = .zero,
        kind: RequestKind,
        priority: Priority = .normal,
        promptTokenCount: Int,
        imageCount: Int = 0,
        generatedTokenCount: Int = 0,
        pictureCount: Int = 0,
        stepCount: Int = 0,
        isGuided: Bool = true
    ) {
        self.time = time
        self.kind = kind
        self.priority = priority
        self.promptTokenCount = promptTokenCount
        self.imageCount = imageCount
        self.generatedTokenCount = generatedTokenCount
        self.pictureCount = pictureCount
        self.stepCount = stepCount
        self.isGuided = isGuided
    }

    /// What is typical of a kind: a caption of one picture, one picture of a sentence, a short story.
    package static func typical(_ kind: RequestKind) -> Arrival {
        switch kind {
        case .caption:
            Arrival(kind: kind, promptTokenCount: 6, imageCount: 1, generatedTokenCount: 32)
        case .picture:
            Arrival(kind: kind, promptTokenCount: 16, pictureCount: 1, stepCount: 20)
        case .interleave:
            Arrival(
                kind: kind,
                promptTokenCount: 16,
                generatedTokenCount: 48,
                pictureCount: 2,
                stepCount: 20
            )
        }
    }
}
