internal import MMInterleaved
internal import Scheduling
internal import Tensors

/// A sequence of a request: what the model has computed of it, under which name the scheduler knows it,
/// and the logits after its last position.
///
/// Not `Sendable`: belongs to the engine's queue.
final class RunningSequence {
    let identifier: SequenceIdentifier
    let sequence: LanguageSequence
    /// Logits after the last position, once they were asked for.
    var logits: [Float] = []
    /// Log-probabilities of the last tokens, once they were asked for.
    var logProbabilities: [Float] = []
    /// What the image decoder makes of all positions, once it was asked for.
    var conditioning: Matrix?
    /// Whether nothing of it has been computed yet.
    var isNew = true
    /// Features of the latest picture: the source of the next one to draw.
    var latestImage: EncodedImage?
    var imageCount = 0

    private let configuration: ModelConfiguration

    init(
        _ identifier: SequenceIdentifier,
        _ sequence: LanguageSequence,
        _ configuration: ModelConfiguration
    ) {
        self.identifier = identifier
        self.sequence = sequence
        self.configuration = configuration
    }

    /// The same content under another name.
    func fork(_ identifier: SequenceIdentifier) -> RunningSequence {
        let other = RunningSequence(
            identifier,
            sequence.fork(blocks: sequence.blocks),
            configuration
        )
        other.logits = logits
        other.isNew = isNew
        other.latestImage = latestImage
        other.imageCount = imageCount
        return other
    }

    /// Positions that are left.
    var room: Int { configuration.language.maximumPositionCount - sequence.totalCount }

    /// Whether a begin-of-image token and a picture would still fit, with one position to spare.
    var hasRoomForPicture: Bool {
        room > configuration.imageTokenCount + 1
            && imageCount + 1 < configuration.language.maximumImageCount
    }
}
