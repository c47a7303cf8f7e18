/// Sizes of the diffusion UNet, as in diffusers' `UNet2DConditionModel` configuration.
///
/// Source: Latent Diffusion, arXiv 2112.10752.
package struct UNetConfiguration: Codable, Hashable, Sendable {
    /// Side of the latents.
    package var sampleSize: Int
    /// Channels of the latents.
    package var latentChannels: Int
    /// Channels per level, finest first.
    package var blockChannels: [Int]
    /// Attention heads per level; diffusers calls this `attention_head_dim`.
    package var headCounts: [Int]
    /// Whether a level has attention.
    package var hasAttention: [Bool]
    /// Residual blocks per level on the way down; one more on the way up.
    package var layersPerBlock: Int
    /// Channels of the conditioning tokens.
    package var crossAttentionWidth: Int
    /// Groups of the group normalisations.
    package var normGroupCount: Int
    /// Epsilon of the residual blocks' and the output's group normalisations.
    package var normEpsilon: Float
    /// Channels of the synchronizers' projected feature maps.
    package var synchronizerWidth: Int
    /// Attention heads of the synchronizers.
    package var synchronizerHeadCount: Int
    /// Sampling points per head of the synchronizers.
    package var synchronizerPointCount: Int
    /// Rows of the synchronizers' rank tables.
    package var synchronizerImageCount: Int

    private enum CodingKeys: String, CodingKey {
        case sampleSize = "sample_size"
        case latentChannels = "in_channels"
        case blockChannels = "block_out_channels"
        case headCounts = "num_attention_heads"
        case hasAttention = "has_cross_attention"
        case layersPerBlock = "layers_per_block"
        case crossAttentionWidth = "cross_attention_dim"
        case normGroupCount = "norm_num_groups"
        case normEpsilon = "norm_eps"
        case synchronizerWidth = "mmfs_width"
        case synchronizerHeadCount = "mmfs_num_heads"
        case synchronizerPointCount = "mmfs_num_points"
        case synchronizerImageCount = "mmfs_max_num_image"
    }

    /// Makes a configuration; the synchronizers' sizes have the released model's values as defaults.
    package init(
        sampleSize: Int,
        latentChannels: Int = 4,
        blockChannels: [Int],
        headCounts: [Int],
        hasAttention: [Bool],
        layersPerBlock: Int,
        crossAttentionWidth: Int,
        normGroupCount: Int = 32,
        normEpsilon: Float = 1e-5,
        synchronizerWidth: Int = 1024,
        synchronizerHeadCount: Int = 16,
        synchronizerPointCount: Int = 8,
        synchronizerImageCount: Int = 10
    ) {
        self.sampleSize = sampleSize
        self.latentChannels = latentChannels
        self.blockChannels = blockChannels
        self.headCounts = headCounts
        self.hasAttention = hasAttention
        self.layersPerBlock = layersPerBlock
        self.crossAttentionWidth = crossAttentionWidth
        self.normGroupCount = normGroupCount
        self.normEpsilon = normEpsilon
        self.synchronizerWidth = synchronizerWidth
        self.synchronizerHeadCount = synchronizerHeadCount
        self.synchronizerPointCount = synchronizerPointCount
        self.synchronizerImageCount = synchronizerImageCount
    }

    /// Reads a configuration; the synchronizers' sizes may be left out for the released model's.
    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            sampleSize: try values.decode(Int.self, forKey: .sampleSize),
            latentChannels: try values.decode(Int.self, forKey: .latentChannels),
            blockChannels: try values.decode([Int].self, forKey: .blockChannels),
            headCounts: try values.decode([Int].self, forKey: .headCounts),
            hasAttention: try values.decode([Bool].self, forKey: .hasAttention),
            layersPerBlock: try values.decode(Int.self, forKey: .layersPerBlock),
            crossAttentionWidth: try values.decode(Int.self, forKey: .crossAttentionWidth),
            normGroupCount: try values.decode(Int.self, forKey: .normGroupCount),
            normEpsilon: try values.decode(Float.self, forKey: .normEpsilon)
        )
        func read(_ key: CodingKeys, into field: inout Int) throws {
            field = try values.decodeIfPresent(Int.self, forKey: key) ?? field
        }
        try read(.synchronizerWidth, into: &synchronizerWidth)
        try read(.synchronizerHeadCount, into: &synchronizerHeadCount)
        try read(.synchronizerPointCount, into: &synchronizerPointCount)
        try read(.synchronizerImageCount, into: &synchronizerImageCount)
    }

    /// Side of a level's activations.
    package func side(level: Int) -> Int { sampleSize >> level }

    /// Level and channels of every skip tensor, in the order in which they arise.
    package var skips: [(level: Int, channels: Int)] {
        var skips = [(level: 0, channels: blockChannels[0])]
        for (level, channels) in blockChannels.enumerated() {
            skips += (0..<layersPerBlock).map { _ in (level, channels) }
            if level < blockChannels.count - 1 { skips.append((level + 1, channels)) }
        }
        return skips
    }

    /// Channels of every attention, in the order in which they run.
    package var attentionChannels: [Int] {
        let down = zip(blockChannels, hasAttention).flatMap { channels, attends in
            Array(repeating: channels, count: attends ? layersPerBlock : 0)
        }
        let up = zip(blockChannels, hasAttention).reversed().flatMap { channels, attends in
            Array(repeating: channels, count: attends ? layersPerBlock + 1 : 0)
        }
        return down + blockChannels.suffix(1) + up
    }

    /// Checks that the sizes fit together.
    func validate(_ field: String) throws(ModelConfigurationError) {
        try ModelConfigurationError.check("\(field).in_channels", latentChannels, in: 1...64)
        try ModelConfigurationError.check(
            "\(field).block_out_channels: levels",
            blockChannels.count,
            in: 1...8
        )
        let divisor = 1 << (blockChannels.count - 1)
        try ModelConfigurationError.check("\(field).sample_size", sampleSize, in: divisor...1024)
        try ModelConfigurationError.check(
            "\(field): 2^(levels - 1)",
            divisor,
            divides: sampleSize,
            "sample_size"
        )
        try ModelConfigurationError.check("\(field).layers_per_block", layersPerBlock, in: 1...16)
        try ModelConfigurationError.check(
            "\(field).cross_attention_dim",
            crossAttentionWidth,
            in: 1...65536
        )
        try ModelConfigurationError.check("\(field).norm_eps", normEpsilon, in: 1e-12...1)
        for (name, count) in [
            ("num_attention_heads", headCounts.count), ("has_cross_attention", hasAttention.count),
        ] where count != blockChannels.count {
            throw ModelConfigurationError(
                field: "\(field).\(name)",
                detail: "\(count) values for \(blockChannels.count) levels"
            )
        }
        for (channels, heads) in zip(blockChannels, headCounts) {
            try ModelConfigurationError.check(
                "\(field).block_out_channels",
                channels,
                in: 2...16384
            )
            try ModelConfigurationError.check(
                "\(field).norm_num_groups",
                normGroupCount,
                divides: channels,
                "block_out_channels"
            )
            try ModelConfigurationError.check(
                "\(field).num_attention_heads",
                heads,
                divides: channels,
                "block_out_channels"
            )
        }
        try ModelConfigurationError.check(
            "\(field).mmfs_num_points",
            synchronizerPointCount,
            in: 1...64
        )
        try ModelConfigurationError.check(
            "\(field).mmfs_max_num_image",
            synchronizerImageCount,
            in: 2...1024
        )
        try ModelConfigurationError.check("\(field).mmfs_width", synchronizerWidth, in: 1...16384)
        try ModelConfigurationError.check(
            "\(field).mmfs_num_heads",
            synchronizerHeadCount,
            divides: synchronizerWidth,
            "mmfs_width"
        )
        guard blockChannels[0] % 2 == 0 else {
            throw ModelConfigurationError(
                field: "\(field).block_out_channels",
                detail: "the first is odd"
            )
        }
    }
}

/// Sizes of the decoder of the variational autoencoder, as in diffusers' `AutoencoderKL`.
package struct AutoencoderConfiguration: Codable, Hashable, Sendable {
    /// Channels of the latents.
    package var latentChannels: Int
    /// Channels per level, of the finest (full resolution) first.
    package var blockChannels: [Int]
    /// Residual blocks per level of the encoder; the decoder has one more.
    package var layersPerBlock: Int
    /// Groups of the group normalisations.
    package var normGroupCount: Int
    /// What the encoder's latents are multiplied by before diffusion.
    package var scalingFactor: Float

    private enum CodingKeys: String, CodingKey {
        case latentChannels = "latent_channels"
        case blockChannels = "block_out_channels"
        case layersPerBlock = "layers_per_block"
        case normGroupCount = "norm_num_groups"
        case scalingFactor = "scaling_factor"
    }

    /// Makes a configuration.
    package init(
        latentChannels: Int = 4,
        blockChannels: [Int],
        layersPerBlock: Int,
        normGroupCount: Int = 32,
        scalingFactor: Float = 0.18215
    ) {
        self.latentChannels = latentChannels
        self.blockChannels = blockChannels
        self.layersPerBlock = layersPerBlock
        self.normGroupCount = normGroupCount
        self.scalingFactor = scalingFactor
    }

    /// Pixels per latent along one side.
    package var upsamplingFactor: Int { 1 << (blockChannels.count - 1) }

    /// Checks that the sizes fit together.
    func validate(_ field: String) throws(ModelConfigurationError) {
        try ModelConfigurationError.check("\(field).latent_channels", latentChannels, in: 1...64)
        try ModelConfigurationError.check(
            "\(field).block_out_channels: levels",
            blockChannels.count,
            in: 1...8
        )
        try ModelConfigurationError.check("\(field).layers_per_block", layersPerBlock, in: 1...16)
        try ModelConfigurationError.check("\(field).scaling_factor", scalingFactor, in: 1e-6...1e6)
        for channels in blockChannels {
            try ModelConfigurationError.check(
                "\(field).block_out_channels",
                channels,
                in: 1...16384
            )
            try ModelConfigurationError.check(
                "\(field).norm_num_groups",
                normGroupCount,
                divides: channels,
                "block_out_channels"
            )
        }
    }
}
