internal import MMInterleaved
internal import Scheduling
internal import Tensors

/// A sequence of a request: what the model has computed of it, and under which name the scheduler knows it.
///
/// Not `Sendable`: belongs to the engine's thread.
final class RunningSequence {
    let identifier: SequenceIdentifier
    let sequence: LanguageSequence
    /// What was read when the sequence was last computed; nothing once something was added.
    var latest = LanguageResult.nothing
    /// Whether nothing of it has been computed yet.
    var isNew = true
    /// Features of the latest picture: the source of the next one to draw.
    private(set) var latestImage: EncodedImage?
    private(set) var imageCount = 0

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
        other.latest = latest
        other.isNew = isNew
        other.latestImage = latestImage
        other.imageCount = imageCount
        return other
    }

    /// Adds a token that is not computed yet.
    func append(token: Int) {
        sequence.append(token: token)
        latest = .nothing
    }

    /// Adds a picture whose positions are not computed yet.
    func append(_ image: EncodedImage) {
        sequence.append(image)
        latest = .nothing
        latestImage = image
        imageCount += 1
    }

    /// Positions that are left.
    var room: Int { configuration.language.maximumPositionCount - sequence.totalCount }

    /// Whether a begin-of-image token and a picture would still fit, with one position to spare.
    var hasRoomForPicture: Bool {
        room > configuration.imageTokenCount + 1
            && imageCount + 1 < configuration.language.maximumImageCount
    }
}
