/// Sizes of the CLIP vision transformer and its adapter.
///
/// Source: CLIP, arXiv 2103.00020; ViT-Adapter, arXiv 2205.08534.
package struct VisionConfiguration: Codable, Hashable, Sendable {
    /// Side of the input picture in pixels.
    package var imageSize: Int
    /// Side of a patch in pixels.
    package var patchSize: Int
    /// Channels of a token.
    package var hiddenSize: Int
    /// Width of the feed-forward layers.
    package var intermediateSize: Int
    /// Number of transformer layers, a multiple of the adapter's groups.
    package var layerCount: Int
    /// Attention heads, also of the adapter's deformable attention.
    package var headCount: Int
    /// Epsilon of the layer normalisations.
    package var normEpsilon: Float
    /// Channels of the spatial prior's stem.
    package var stemWidth: Int
    /// Sampling points per head and level of the adapter.
    package var pointCount: Int
    /// Side of the grid of the visual tokenizer's position table.
    package var positionGridSize: Int

    private enum CodingKeys: String, CodingKey {
        case imageSize = "image_size"
        case patchSize = "patch_size"
        case hiddenSize = "hidden_size"
        case intermediateSize = "intermediate_size"
        case layerCount = "num_hidden_layers"
        case headCount = "num_attention_heads"
        case normEpsilon = "layer_norm_eps"
        case stemWidth = "adapter_stem_width"
        case pointCount = "adapter_num_points"
        case positionGridSize = "position_grid_size"
    }

    /// Number of groups of layers between which the adapter exchanges features.
    package static let groupCount = 4

    /// Makes a configuration; the last three have the released model's values as defaults.
    package init(
        imageSize: Int,
        patchSize: Int,
        hiddenSize: Int,
        intermediateSize: Int,
        layerCount: Int,
        headCount: Int,
        normEpsilon: Float = 1e-5,
        stemWidth: Int = 64,
        pointCount: Int = 4,
        positionGridSize: Int = 16
    ) {
        self.imageSize = imageSize
        self.patchSize = patchSize
        self.hiddenSize = hiddenSize
        self.intermediateSize = intermediateSize
        self.layerCount = layerCount
        self.headCount = headCount
        self.normEpsilon = normEpsilon
        self.stemWidth = stemWidth
        self.pointCount = pointCount
        self.positionGridSize = positionGridSize
    }

    /// Patches along one side.
    package var gridSize: Int { imageSize / patchSize }

    /// Sides of the four feature maps, finest first: 4, 2, 1 and 1/2 times the patch grid.
    package var pyramidSides: [Int] { [4 * gridSize, 2 * gridSize, gridSize, gridSize / 2] }

    /// Checks that the sizes fit together.
    func validate(_ field: String) throws(ModelConfigurationError) {
        try ModelConfigurationError.check("\(field).image_size", imageSize, in: 8...4096)
        try ModelConfigurationError.check(
            "\(field).patch_size",
            patchSize,
            divides: imageSize,
            "image_size"
        )
        try ModelConfigurationError.check("\(field): patches along a side", gridSize, in: 2...256)
        guard gridSize % 2 == 0 else {
            throw ModelConfigurationError(field: "\(field).patch_size", detail: "gives an odd grid")
        }
        try ModelConfigurationError.check("\(field).hidden_size", hiddenSize, in: 4...16384)
        try ModelConfigurationError.check(
            "\(field).intermediate_size",
            intermediateSize,
            in: 1...65536
        )
        try ModelConfigurationError.check("\(field).num_hidden_layers", layerCount, in: 4...256)
        try ModelConfigurationError.check(
            "\(field): layer groups",
            Self.groupCount,
            divides: layerCount,
            "num_hidden_layers"
        )
        // The adapter's values have half the channels, split among the same heads.
        try ModelConfigurationError.check(
            "\(field).num_attention_heads",
            headCount,
            times: 2,
            divides: hiddenSize,
            "hidden_size"
        )
        try ModelConfigurationError.check("\(field).adapter_stem_width", stemWidth, in: 1...1024)
        try ModelConfigurationError.check("\(field).adapter_num_points", pointCount, in: 1...64)
        try ModelConfigurationError.check(
            "\(field).position_grid_size",
            positionGridSize,
            in: 1...256
        )
        try ModelConfigurationError.check(
            "\(field).hidden_size",
            product: [gridSize, gridSize, hiddenSize],
            atMost: 1 << 28,
            "patches and channels"
        )
        try ModelConfigurationError.check("\(field).layer_norm_eps", normEpsilon, in: 1e-12...1)
    }
}
