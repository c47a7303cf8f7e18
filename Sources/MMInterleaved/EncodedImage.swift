package import Tensors

/// What the model keeps of a picture: everything that no request and no step changes.
package struct EncodedImage: Sendable {
    /// Embeddings that stand for the picture in a sequence, [image tokens, language width].
    package let tokens: Matrix
    /// Feature maps with position embeddings, finest first, each [side², vision width].
    package let pyramid: [Matrix]
    /// The feature maps as the language model's synchronizers see them.
    package let values: SynchronizerValues

    /// Groups what was computed.
    package init(tokens: Matrix, pyramid: [Matrix], values: SynchronizerValues) {
        self.tokens = tokens
        self.pyramid = pyramid
        self.values = values
    }

    /// Memory of any picture's numbers in a model of these sizes.
    package static func byteCount(of configuration: ModelConfiguration) -> Int {
        let language = configuration.language
        let width = configuration.vision.hiddenSize
        let tokens = configuration.imageTokenCount * language.hiddenSize
        let pyramid = configuration.vision.pyramidSides.reduce(0) { $0 + $1 * $1 } * width
        let rowCount = language.synchronizerSides.reduce(0) { $0 + $1 * $1 }
        let layers = (0..<language.layerCount).count { language.hasSynchronizer(layer: $0) }
        return (tokens + pyramid + layers * rowCount * width) * MemoryLayout<Float>.stride
    }
}

/// An image as the language model's synchronizers see it: its projected feature maps per layer.
package struct SynchronizerValues: Sendable {
    /// One matrix [Σ maps, value width] per layer that has a synchronizer.
    package let layers: [Matrix]
}

extension InterleavedModel {
    /// Encodes pictures together: vision transformer, perceiver and the synchronizers' values.
    ///
    /// A picture's bits are the same alone and among others. Scratch memory grows with the number of
    /// pictures, which is the caller's to bound. The results own their memory, each its own.
    ///
    /// Shapes: `pixels` each [imageSize², 3], RGB in [0, 1].
    package func encode(_ pixels: [Matrix], _ compute: Compute) -> [EncodedImage] {
        let features = visualTokenizer.encode(pixels, compute)
        let values = language.synchronizerValues(
            of: features.map { pyramidBySide($0.pyramid) },
            compute
        )
        return zip(features, values).map { features, values in
            EncodedImage(tokens: features.tokens, pyramid: features.pyramid, values: values)
        }
    }
}
