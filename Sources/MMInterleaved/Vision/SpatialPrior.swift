internal import Tensors

/// The adapter's convolutional view of the picture: feature maps at 1/4, 1/8, 1/16 and 1/32.
///
/// Source: ViT-Adapter, arXiv 2205.08534 §3.2 (spatial prior module).
struct SpatialPrior: Sendable {
    private let stem: [Stage]
    private let downsampling: [Stage]
    private let projections: [ConvolutionWeights]  // 1x1, one per map

    /// A convolution, then normalisation over channels, then ReLU.
    private struct Stage {
        let convolution: ConvolutionWeights
        let norm: NormWeights
    }

    init(_ parameters: Parameters, stemWidth width: Int, channels: Int) throws {
        func stage(
            _ parameters: Parameters,
            first: Int,
            inputs: Int,
            outputs: Int,
            stride: Int
        ) throws -> Stage {
            Stage(
                convolution: try parameters.convolution(
                    "\(first)",
                    inputs: inputs,
                    outputs: outputs,
                    kernel: 3,
                    stride: stride,
                    padding: 1,
                    bias: false
                ),
                norm: try parameters.norm("\(first + 1)", channels: outputs, epsilon: 1e-6)
            )
        }
        let stem = parameters["stem"]
        self.stem = [
            try stage(stem, first: 0, inputs: 3, outputs: width, stride: 2),
            try stage(stem, first: 3, inputs: width, outputs: width, stride: 1),
            try stage(stem, first: 6, inputs: width, outputs: width, stride: 1),
        ]
        downsampling = [
            try stage(parameters["conv2"], first: 0, inputs: width, outputs: 2 * width, stride: 2),
            try stage(
                parameters["conv3"],
                first: 0,
                inputs: 2 * width,
                outputs: 4 * width,
                stride: 2
            ),
            try stage(
                parameters["conv4"],
                first: 0,
                inputs: 4 * width,
                outputs: 4 * width,
                stride: 2
            ),
        ]
        projections = try zip(1...4, [1, 2, 4, 4]).map { index, factor in
            try parameters.convolution(
                "fc\(index)",
                inputs: factor * width,
                outputs: channels,
                kernel: 1
            )
        }
    }

    /// Computes the four maps of every picture.
    ///
    /// Shapes: `x` [samples·grid, 3] · `maps` finest first, map i [samples · grid / (4·2^i) per side,
    /// channels].
    func maps(
        _ x: Matrix,
        samples: Int,
        grid: Grid,
        _ compute: Compute,
        into maps: [Matrix]
    ) {
        compute.scope {
            var (current, currentGrid) = (x, grid)
            for stage in stem {
                (current, currentGrid) = run(stage, current, samples, currentGrid, compute)
            }
            let pooledGrid = Grid(
                height: (currentGrid.height + 1) / 2,
                width: (currentGrid.width + 1) / 2
            )
            let pooled = compute.scratch(samples * pooledGrid.count, current.columns)
            for sample in 0..<samples {
                let (entering, leaving) = (currentGrid.count, pooledGrid.count)
                compute.maxPool3x3Stride2(
                    current.rows(sample * entering..<(sample + 1) * entering),
                    grid: currentGrid,
                    into: pooled.rows(sample * leaving..<(sample + 1) * leaving)
                )
            }
            (current, currentGrid) = (pooled, pooledGrid)
            compute.linear(current, projections[0].linear, into: maps[0])
            for (index, stage) in downsampling.enumerated() {
                (current, currentGrid) = run(stage, current, samples, currentGrid, compute)
                compute.linear(current, projections[index + 1].linear, into: maps[index + 1])
            }
        }
    }

    private func run(
        _ stage: Stage,
        _ x: Matrix,
        _ samples: Int,
        _ grid: Grid,
        _ compute: Compute
    ) -> (Matrix, Grid) {
        let target = Compute.outputGrid(stage.convolution, of: grid)
        let out = compute.scratch(samples * target.count, stage.convolution.outputs)
        compute.convolution(x, stage.convolution, samples: samples, grid: grid, into: out)
        compute.layerNorm(out, stage.norm, into: out)
        compute.activate(out, .relu)
        return (out, target)
    }
}
