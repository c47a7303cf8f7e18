internal import Tensors

// The halves of the network, loaded level by level.
extension UNet {
    /// Blocks of one size of activations.
    struct Level {
        let blocks: [ResidualBlock]
        let attentions: [SpatialTransformer]  // empty, or one per block
        let resampling: ConvolutionWeights?

        func attention(_ block: Int) -> SpatialTransformer? {
            attentions.isEmpty ? nil : attentions[block]
        }
    }

    /// Those of the first half, the largest activations first.
    static func downLevels(
        _ parameters: Parameters,
        _ c: UNetConfiguration,
        timeWidth: Int
    ) throws -> [Level] {
        var inputs = c.blockChannels[0]
        return try c.blockChannels.enumerated().map { level, channels in
            let own = parameters[level]
            var blocks: [ResidualBlock] = []
            var attentions: [SpatialTransformer] = []
            for index in 0..<c.layersPerBlock {
                blocks.append(
                    try ResidualBlock(
                        own["resnets"][index],
                        inputs: inputs,
                        outputs: channels,
                        timeWidth: timeWidth,
                        groups: c.normGroupCount,
                        epsilon: c.normEpsilon
                    )
                )
                inputs = channels
                if c.hasAttention[level] {
                    attentions.append(try attention(own, c, level: level, index: index))
                }
            }
            let isLast = level == c.blockChannels.count - 1
            let resampling =
                isLast
                ? nil
                : try own["downsamplers"][0].convolution(
                    "conv",
                    inputs: channels,
                    outputs: channels,
                    kernel: 3,
                    stride: 2,
                    padding: 1
                )
            return Level(blocks: blocks, attentions: attentions, resampling: resampling)
        }
    }

    /// Those of the second half, the smallest activations first.
    static func upLevels(
        _ parameters: Parameters,
        _ c: UNetConfiguration,
        timeWidth: Int
    ) throws -> [Level] {
        var skips = c.skips.map(\.channels)
        var inputs = c.blockChannels[c.blockChannels.count - 1]
        return try c.blockChannels.indices.map { index in
            let level = c.blockChannels.count - 1 - index
            let channels = c.blockChannels[level]
            let own = parameters[index]
            var blocks: [ResidualBlock] = []
            var attentions: [SpatialTransformer] = []
            for block in 0...c.layersPerBlock {
                blocks.append(
                    try ResidualBlock(
                        own["resnets"][block],
                        inputs: inputs + skips.removeLast(),
                        outputs: channels,
                        timeWidth: timeWidth,
                        groups: c.normGroupCount,
                        epsilon: c.normEpsilon
                    )
                )
                inputs = channels
                if c.hasAttention[level] {
                    attentions.append(try attention(own, c, level: level, index: block))
                }
            }
            let resampling =
                level == 0
                ? nil
                : try own["upsamplers"][0].convolution(
                    "conv",
                    inputs: channels,
                    outputs: channels,
                    kernel: 3,
                    padding: 1
                )
            return Level(blocks: blocks, attentions: attentions, resampling: resampling)
        }
    }

    private static func attention(
        _ parameters: Parameters,
        _ c: UNetConfiguration,
        level: Int,
        index: Int
    ) throws -> SpatialTransformer {
        try SpatialTransformer(
            parameters["attentions"][index],
            channels: c.blockChannels[level],
            headCount: c.headCounts[level],
            conditioningWidth: c.crossAttentionWidth,
            groups: c.normGroupCount
        )
    }
}
