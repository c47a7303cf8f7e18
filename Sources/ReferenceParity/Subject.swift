import Engine
import Files
import Images
import MMInterleaved
import Tensors
import Tokenization

/// What is compared: a loaded model with all that its stages need.
final class Subject {
    let model: InterleavedModel
    let compute: Compute
    let tokenizer: Tokenizer
    let engine: Engine
    let fixturesDirectory: String

    private var encoded: [String: EncodedImage] = [:]

    init(
        model: InterleavedModel,
        compute: Compute,
        tokenizer: Tokenizer,
        engine: Engine,
        fixtures: String
    ) {
        self.model = model
        self.compute = compute
        self.tokenizer = tokenizer
        self.engine = engine
        fixturesDirectory = fixtures
    }

    /// Largest picture file of a recording that is read.
    static let maximumFileByteCount = 256 << 20

    /// The bytes of a recorded picture's file.
    func bytes(ofImage name: String) throws -> [UInt8] {
        let relative = name.hasPrefix("images/") ? name : "images/\(name)"
        return try File.read(
            "\(fixturesDirectory)/\(relative)",
            maximumByteCount: Self.maximumFileByteCount
        )
    }

    /// A recorded picture, preprocessed: [imageSize², 3] in [0, 1].
    func pixels(ofImage name: String) throws -> Matrix {
        pixels(of: try ImageFileDecoder.decode(bytes(ofImage: name)))
    }

    /// A decoded picture, preprocessed: [imageSize², 3] in [0, 1].
    func pixels(of image: RGBImage) -> Matrix {
        let side = model.configuration.vision.imageSize
        let transformed = ImageTransform(resolution: side).apply(to: image)
        return Matrix(
            rows: side * side,
            columns: 3,
            values: transformed.pixels.map { Float($0) / 255 }
        )
    }

    /// A recorded picture's features, computed once.
    func features(ofImage name: String) throws -> EncodedImage {
        if let known = encoded[name] { return known }
        let features = model.encode([try pixels(ofImage: name)], compute)[0]
        encoded[name] = features
        return features
    }

    /// Token ids with image positions as sequence elements; images in order.
    ///
    /// - Parameters:
    ///   - ids: May be padded at either end; padding is left out.
    ///   - images: Take the places of the image tokens, in order.
    /// - Returns: The elements.
    /// - Throws: ``ParityError`` if there are more image tokens than images.
    func elements(ids: [Int], images: [EncodedImage]) throws -> [SequenceElement] {
        let vocabulary = model.configuration.vocabulary
        let imageTokens = model.configuration.imageTokenCount
        var elements: [SequenceElement] = []
        var next = 0
        var index = 0
        while index < ids.count {
            if ids[index] == vocabulary.image {
                guard next < images.count else {
                    throw ParityError("more image tokens than images")
                }
                elements.append(.image(images[next]))
                next += 1
                index += imageTokens
            } else {
                elements.append(.token(ids[index]))
                index += 1
            }
        }
        return elements
    }
}
