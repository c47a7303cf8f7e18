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
            let blockInputs = (0..<c.layersPerBlock).map { $0 == 0 ? inputs : channels }
            inputs = channels
            let own = parameters[level]
            return try Self.level(level, own, c, blockInputs: blockInputs, timeWidth: timeWidth) {
                if level == c.blockChannels.count - 1 { return nil }
                return try own["downsamplers"][0].convolution(
                    "conv",
                    inputs: channels,
                    outputs: channels,
                    kernel: 3,
                    stride: 2,
                    padding: 1
                )
            }
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
            let blockInputs = (0...c.layersPerBlock).map { _ in
                defer { inputs = channels }
                return inputs + skips.removeLast()
            }
            let own = parameters[index]
            return try Self.level(level, own, c, blockInputs: blockInputs, timeWidth: timeWidth) {
                if level == 0 { return nil }
                return try own["upsamplers"][0].convolution(
                    "conv",
                    inputs: channels,
                    outputs: channels,
                    kernel: 3,
                    padding: 1
                )
            }
        }
    }

    private static func level(
        _ level: Int,
        _ parameters: Parameters,
        _ c: UNetConfiguration,
        blockInputs: [Int],
        timeWidth: Int,
        resampling: () throws -> ConvolutionWeights?
    ) throws -> Level {
        var blocks: [ResidualBlock] = []
        var attentions: [SpatialTransformer] = []
        for (index, inputs) in blockInputs.enumerated() {
            blocks.append(
                try ResidualBlock(
                    parameters["resnets"][index],
                    inputs: inputs,
                    outputs: c.blockChannels[level],
                    timeWidth: timeWidth,
                    groups: c.normGroupCount,
                    epsilon: c.normEpsilon
                )
            )
            if c.hasAttention[level] {
                attentions.append(try attention(parameters, c, level: level, index: index))
            }
        }
        return Level(blocks: blocks, attentions: attentions, resampling: try resampling())
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
