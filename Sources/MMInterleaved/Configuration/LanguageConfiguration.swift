/// Sizes of the language model and its synchronizer.
///
/// Source: LLaMA, arXiv 2302.13971; MM-Interleaved, arXiv 2401.10208 §3.
package struct LanguageConfiguration: Codable, Hashable, Sendable {
    /// Channels of a token.
    package var hiddenSize: Int
    /// Width of the feed-forward layers.
    package var intermediateSize: Int
    /// Number of layers.
    package var layerCount: Int
    /// Attention heads.
    package var headCount: Int
    /// Epsilon of the root-mean-square normalisations.
    package var normEpsilon: Float
    /// Base of the rotary embedding's wavelengths.
    package var rotaryBase: Float
    /// Most positions of a sequence.
    package var maximumPositionCount: Int
    /// Every how many layers the synchronizer follows self-attention, starting with the first.
    package var crossAttentionFrequency: Int
    /// Attention heads of the synchronizer.
    package var synchronizerHeadCount: Int
    /// Sampling points per head of the synchronizer.
    package var synchronizerPointCount: Int
    /// Sides of the feature maps that the synchronizer samples, finest first.
    package var synchronizerSides: [Int]
    /// Side of the grid that sampling offsets are measured in.
    package var synchronizerBaseSide: Int
    /// One more than the most images a position may see.
    package var maximumImageCount: Int

    private enum CodingKeys: String, CodingKey {
        case hiddenSize = "hidden_size"
        case intermediateSize = "intermediate_size"
        case layerCount = "num_hidden_layers"
        case headCount = "num_attention_heads"
        case normEpsilon = "rms_norm_eps"
        case rotaryBase = "rope_theta"
        case maximumPositionCount = "max_position_embeddings"
        case crossAttentionFrequency = "cross_attention_frequency"
        case synchronizerHeadCount = "synchronizer_num_heads"
        case synchronizerPointCount = "synchronizer_num_points"
        case synchronizerSides = "synchronizer_spatial_shapes"
        case synchronizerBaseSide = "synchronizer_base_spatial_shape"
        case maximumImageCount = "max_num_image_per_seq"
    }

    /// Makes a configuration; what has a default has the released model's value.
    package init(
        hiddenSize: Int,
        intermediateSize: Int,
        layerCount: Int,
        headCount: Int,
        normEpsilon: Float = 1e-6,
        rotaryBase: Float = 10000,
        maximumPositionCount: Int = 2048,
        crossAttentionFrequency: Int = 4,
        synchronizerHeadCount: Int = 16,
        synchronizerPointCount: Int = 8,
        synchronizerSides: [Int] = [32, 16, 8],
        synchronizerBaseSide: Int = 16,
        maximumImageCount: Int = 50
    ) {
        self.hiddenSize = hiddenSize
        self.intermediateSize = intermediateSize
        self.layerCount = layerCount
        self.headCount = headCount
        self.normEpsilon = normEpsilon
        self.rotaryBase = rotaryBase
        self.maximumPositionCount = maximumPositionCount
        self.crossAttentionFrequency = crossAttentionFrequency
        self.synchronizerHeadCount = synchronizerHeadCount
        self.synchronizerPointCount = synchronizerPointCount
        self.synchronizerSides = synchronizerSides
        self.synchronizerBaseSide = synchronizerBaseSide
        self.maximumImageCount = maximumImageCount
    }

    /// Most images of a sequence.
    package var imagesPerContext: Int { maximumImageCount - 1 }

    /// Channels of one attention head.
    package var headSize: Int { hiddenSize / headCount }

    /// Whether a layer has a synchronizer.
    package func hasSynchronizer(layer: Int) -> Bool { layer % crossAttentionFrequency == 0 }

    /// Checks that the sizes fit together.
    func validate(_ field: String, pyramidSides: [Int]) throws(ModelConfigurationError) {
        try ModelConfigurationError.check("\(field).hidden_size", hiddenSize, in: 4...65536)
        try ModelConfigurationError.check(
            "\(field).intermediate_size",
            intermediateSize,
            in: 1...262_144
        )
        try ModelConfigurationError.check("\(field).num_hidden_layers", layerCount, in: 1...512)
        try ModelConfigurationError.check(
            "\(field).num_attention_heads",
            headCount,
            times: 2,
            divides: hiddenSize,
            "hidden_size"
        )
        try ModelConfigurationError.check("\(field).rms_norm_eps", normEpsilon, in: 1e-12...1)
        try ModelConfigurationError.check("\(field).rope_theta", rotaryBase, in: 1...1e9)
        try ModelConfigurationError.check(
            "\(field).max_position_embeddings",
            maximumPositionCount,
            in: 16...1_048_576
        )
        try ModelConfigurationError.check(
            "\(field).max_position_embeddings",
            product: [maximumPositionCount, headSize],
            atMost: 1 << 24,
            "positions and channels of a head"
        )
        try ModelConfigurationError.check(
            "\(field).max_position_embeddings",
            product: [maximumPositionCount, 2 * layerCount + 1, hiddenSize],
            atMost: 1 << 38,
            "positions, keys and values of all layers, and channels"
        )
        try ModelConfigurationError.check(
            "\(field).cross_attention_frequency",
            crossAttentionFrequency,
            in: 1...512
        )
        try ModelConfigurationError.check(
            "\(field).synchronizer_num_heads",
            synchronizerHeadCount,
            in: 1...256
        )
        try ModelConfigurationError.check(
            "\(field).synchronizer_num_points",
            synchronizerPointCount,
            in: 1...64
        )
        try ModelConfigurationError.check(
            "\(field).synchronizer_base_spatial_shape",
            synchronizerBaseSide,
            in: 1...1024
        )
        try ModelConfigurationError.check(
            "\(field).max_num_image_per_seq",
            maximumImageCount,
            in: 2...1024
        )
        guard !synchronizerSides.isEmpty, Set(synchronizerSides).isSubset(of: pyramidSides) else {
            throw ModelConfigurationError(
                field: "\(field).synchronizer_spatial_shapes",
                detail: "\(synchronizerSides) are not among the pyramid's sides \(pyramidSides)"
            )
        }
    }
}
