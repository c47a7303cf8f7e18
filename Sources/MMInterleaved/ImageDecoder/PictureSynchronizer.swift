package import Tensors

/// The synchronizers of the image decoder (`MMFSNet`): they add to every skip tensor of the UNet and
/// to its middle what they find in the preceding picture.
///
/// Source: MM-Interleaved, arXiv 2401.10208 §3.2 and §3.3.
package struct PictureSynchronizer: Sendable {
    private let blocks: [Block]  // one per skip tensor, then the middle

    /// Projected feature maps of the source picture per block: the same for all steps and for both
    /// halves of classifier-free guidance.
    package struct Values: Sendable {
        let blocks: [Matrix]
    }

    private struct Block {
        let queryNorm: NormWeights
        let featureNorm: NormWeights
        let positions: Matrix  // [side², channels]
        let references: Matrix  // [side², 2]
        let synchronizer: Synchronizer
        let output: LinearWeights  // 1x1 convolution
    }

    /// Loads the weights below a module path.
    ///
    /// - Parameters:
    ///   - parameters: Where the weights come from.
    ///   - unet: Sizes of the denoising network.
    ///   - pyramidSides: Sides of the source picture's feature maps, finest first.
    ///   - visionWidth: Channels of the pyramid.
    /// - Throws: what the source of the parameters throws.
    package init(
        _ parameters: Parameters,
        _ unet: UNetConfiguration,
        pyramidSides: [Int],
        visionWidth: Int
    ) throws {
        let levels = unet.blockChannels.count
        var blocks = try unet.skips.enumerated().map { index, skip in
            try Self.block(
                parameters["mmfs_down_blocks"][index],
                unet,
                channels: skip.channels,
                level: skip.level,
                // The reference counts blocks by threes, whatever the number of layers per level.
                baseSide: unet.sampleSize >> min(index / 3, pyramidSides.count - 1),
                pyramidSides: pyramidSides,
                visionWidth: visionWidth
            )
        }
        blocks.append(
            try Self.block(
                parameters["mmfs_mid_block"],
                unet,
                channels: unet.blockChannels[levels - 1],
                level: levels - 1,
                baseSide: unet.sampleSize >> (pyramidSides.count - 1),
                pyramidSides: pyramidSides,
                visionWidth: visionWidth
            )
        )
        self.blocks = blocks
    }

    private static func block(
        _ parameters: Parameters,
        _ unet: UNetConfiguration,
        channels: Int,
        level: Int,
        baseSide: Int,
        pyramidSides: [Int],
        visionWidth: Int
    ) throws -> Block {
        let grid = Grid(side: unet.side(level: level))
        let tableGrid = Grid(side: unet.sampleSize)
        let table = try parameters.stored("pos_embed", [tableGrid.count, channels])
        return Block(
            queryNorm: try parameters.norm("query_norm", channels: channels, epsilon: 1e-6),
            featureNorm: try parameters.norm("feat_norm", channels: visionWidth, epsilon: 1e-6),
            positions: parameters.made(grid.count, channels) {
                Compute.resizedBicubic(table, from: tableGrid, to: grid)
            },
            references: parameters.made(grid.count, 2) {
                Matrix(rows: grid.count, columns: 2, values: grid.pixelCenters)
            },
            synchronizer: try Synchronizer(
                parameters["mmfs"],
                Synchronizer.Configuration(
                    querySize: channels,
                    featureSize: visionWidth,
                    valueSize: unet.synchronizerWidth,
                    outputSize: channels,
                    headCount: unet.synchronizerHeadCount,
                    pointCount: unet.synchronizerPointCount,
                    sides: pyramidSides,
                    baseSide: max(1, baseSide),
                    maximumImageCount: unet.synchronizerImageCount
                )
            ),
            output: try parameters.convolution(
                "conv",
                inputs: channels,
                outputs: channels,
                kernel: 1
            ).linear
        )
    }

    /// Projects the source picture's feature maps, finest first, each [side², vision width].
    package func values(of pyramid: [Matrix], _ compute: Compute) -> Values {
        let rowCount = pyramid.reduce(0) { $0 + $1.rows }
        return compute.scope {
            let features = compute.scratch(rowCount, pyramid[0].columns)
            var first = 0
            for map in pyramid {
                compute.copy(map, to: features.rows(first..<first + map.rows))
                first += map.rows
            }
            let normed = compute.scratch(rowCount, features.columns)
            return Values(
                blocks: blocks.map { block in
                    compute.layerNorm(features, block.featureNorm, into: normed)
                    let out = Matrix(rows: rowCount, columns: block.synchronizer.valueSize)
                    block.synchronizer.project(normed, compute, into: out)
                    return out
                }
            )
        }
    }

    /// Computes what block `index` adds to its tensor.
    ///
    /// Shapes: `x`, `out` [samples·side², channels].
    ///
    /// - Parameters:
    ///   - index: Place of the residual among those of the network.
    ///   - x: Its activations, rows of all samples.
    ///   - sources: The source picture of each sample, or nil where there is none.
    ///   - compute: Where to compute.
    ///   - out: Gets what is to be added.
    package func residual(
        _ index: Int,
        of x: Matrix,
        sources: [Values?],
        _ compute: Compute,
        into out: Matrix
    ) {
        let block = blocks[index]
        let pixels = block.positions.rows
        compute.scope {
            let queries = compute.scratch(x.rows, x.columns)
            compute.layerNorm(x, block.queryNorm, into: queries)
            let found = compute.scratch(x.rows, x.columns)
            for sample in sources.indices {
                compute.add(
                    block.positions,
                    to: queries.rows(sample * pixels..<(sample + 1) * pixels)
                )
            }
            block.synchronizer.synchronize(
                queries,
                references: block.references,
                values: sources.compactMap { $0?.blocks[index] },
                visible: .byQuery(Self.visibility(sources, pixels: pixels)),
                compute,
                into: found
            )
            compute.linear(found, block.output, into: out)
        }
    }

    /// For every pixel of every sample the sample's own source among those that exist.
    private static func visibility(_ sources: [Values?], pixels: Int) -> [Range<Int>] {
        var visible: [Range<Int>] = []
        visible.reserveCapacity(sources.count * pixels)
        var next = 0
        for source in sources {
            let own = next..<(source == nil ? next : next + 1)
            visible.append(contentsOf: repeatElement(own, count: pixels))
            next = own.upperBound
        }
        return visible
    }
}
