internal import Images
internal import MMInterleaved
internal import Tensors

/// The sequence of a session: what the language model has computed, and the latest picture's features.
///
/// Positions stay computed across text and pictures; a picture is encoded once.
struct SequenceState {
    let sequence: LanguageSequence
    /// Pyramid of the latest picture: the source of the next one to draw.
    private(set) var latestPyramid: [Matrix]?
    private(set) var imageCount = 0

    private let model: InterleavedModel
    private let compute: Compute

    init(_ model: InterleavedModel, _ compute: Compute) {
        self.model = model
        self.compute = compute
        sequence = model.language.makeSequence()
    }

    /// Positions that are left.
    var room: Int { sequence.capacity - sequence.totalCount }

    /// Whether a begin-of-image token and a picture would still fit, with one position to spare.
    var hasRoomForPicture: Bool {
        room > model.configuration.imageTokenCount + 1
            && imageCount + 1 < model.configuration.language.maximumImageCount
    }

    /// Encodes a picture of the model's input size.
    func encode(_ picture: RGBImage) -> EncodedImage {
        let pixels = Matrix(
            rows: picture.width * picture.height,
            columns: 3,
            values: picture.unitValues
        )
        return model.encode([pixels], compute)[0]
    }

    /// Computes a whole prompt.
    mutating func extend(tokens: [Int], features: [EncodedImage]) {
        let vocabulary = model.configuration.vocabulary
        var elements: [SequenceElement] = []
        var remaining = features[...]
        var index = 0
        while index < tokens.count {
            if tokens[index] == vocabulary.image, let next = remaining.popFirst() {
                elements.append(element(next))
                index += model.configuration.imageTokenCount
            } else {
                elements.append(.token(tokens[index]))
                index += 1
            }
        }
        model.language.extend(sequence, with: elements, compute)
    }

    /// Computes text tokens.
    func extend(tokens: [Int]) {
        model.language.extend(sequence, with: tokens.map { .token($0) }, compute)
    }

    /// Computes a picture's positions.
    mutating func extend(picture features: EncodedImage) {
        let element = element(features)
        model.language.extend(sequence, with: [element], compute)
    }

    private mutating func element(_ features: EncodedImage) -> SequenceElement {
        latestPyramid = features.pyramid
        imageCount += 1
        return .image(features)
    }
}
