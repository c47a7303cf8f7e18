internal import Digests
internal import Images
internal import MMInterleaved
internal import Scheduling
internal import Tensors

/// A picture of the model's input size, and the digest by which its features are found again.
struct PreparedPicture: Sendable {
    let image: RGBImage
    /// SHA-256 of the pixels that the model sees, after the salt of those who may find it: equal pictures are recognised
    /// whatever file they came in.
    let digest: ImageDigest

    /// Resizes and hashes a decoded picture.
    init(_ picture: RGBImage, resolution: Int, scope: CacheScope) {
        image = ImageTransform(resolution: resolution).apply(to: picture)
        let words = SHA256.words(of: scope.cacheSalt.bytes + image.pixels)
        digest = ImageDigest(words[0], words[1], words[2], words[3])
    }

    /// The pixels as the visual tokenizer takes them, [height·width, 3] in [0, 1].
    var pixels: Matrix { Matrix(pixelsOf: image) }
}
