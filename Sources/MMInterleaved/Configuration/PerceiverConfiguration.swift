/// Sizes of a perceiver resampler: a BLIP-2 Q-Former without text.
///
/// Source: BLIP-2, arXiv 2301.12597.
package struct PerceiverConfiguration: Codable, Hashable, Sendable {
    /// Number of learned queries, and of output tokens.
    package var queryCount: Int
    /// Channels of a query.
    package var hiddenSize: Int
    /// Channels of what the queries look at.
    package var encoderHiddenSize: Int
    /// Width of the feed-forward layers.
    package var intermediateSize: Int
    /// Number of layers.
    package var layerCount: Int
    /// Attention heads.
    package var headCount: Int
    /// Every how many layers cross-attention follows self-attention, starting with the first.
    package var crossAttentionFrequency: Int
    /// Whether the queries and keys of each head pass a layer normalisation.
    package var normalizesQueriesAndKeys: Bool

    private enum CodingKeys: String, CodingKey {
        case queryCount = "num_queries"
        case hiddenSize = "hidden_size"
        case encoderHiddenSize = "encoder_hidden_size"
        case intermediateSize = "intermediate_size"
        case layerCount = "num_hidden_layers"
        case headCount = "num_attention_heads"
        case crossAttentionFrequency = "cross_attention_frequency"
        case normalizesQueriesAndKeys = "qk_normalization"
    }

    /// Makes a configuration.
    package init(
        queryCount: Int,
        hiddenSize: Int,
        encoderHiddenSize: Int,
        intermediateSize: Int = 3072,
        layerCount: Int,
        headCount: Int,
        crossAttentionFrequency: Int,
        normalizesQueriesAndKeys: Bool
    ) {
        self.queryCount = queryCount
        self.hiddenSize = hiddenSize
        self.encoderHiddenSize = encoderHiddenSize
        self.intermediateSize = intermediateSize
        self.layerCount = layerCount
        self.headCount = headCount
        self.crossAttentionFrequency = crossAttentionFrequency
        self.normalizesQueriesAndKeys = normalizesQueriesAndKeys
    }

    /// Checks that the sizes fit together.
    func validate(_ field: String) throws(ModelConfigurationError) {
        try ModelConfigurationError.check("\(field).num_queries", queryCount, in: 1...4096)
        try ModelConfigurationError.check("\(field).hidden_size", hiddenSize, in: 1...16384)
        try ModelConfigurationError.check(
            "\(field).encoder_hidden_size",
            encoderHiddenSize,
            in: 1...65536
        )
        try ModelConfigurationError.check(
            "\(field).intermediate_size",
            intermediateSize,
            in: 1...65536
        )
        try ModelConfigurationError.check("\(field).num_hidden_layers", layerCount, in: 1...256)
        try ModelConfigurationError.check(
            "\(field).num_attention_heads",
            headCount,
            divides: hiddenSize,
            "hidden_size"
        )
        try ModelConfigurationError.check(
            "\(field).cross_attention_frequency",
            crossAttentionFrequency,
            in: 1...256
        )
    }
}
