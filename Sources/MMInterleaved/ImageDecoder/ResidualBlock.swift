internal import Tensors

/// Two convolutions with group normalisation and a residual, told the time step where there is one.
///
/// Source: diffusers `ResnetBlock2D`; Latent Diffusion, arXiv 2112.10752.
struct ResidualBlock: Sendable {
    let groups: Int
    let inputNorm: NormWeights
    let first: ConvolutionWeights
    private let time: LinearWeights?  // [outputs, time width]
    let outputNorm: NormWeights
    let second: ConvolutionWeights
    let shortcut: LinearWeights?

    /// Channels of the result.
    var outputs: Int { second.outputs }

    init(
        _ parameters: Parameters,
        inputs: Int,
        outputs: Int,
        timeWidth: Int?,
        groups: Int,
        epsilon: Float
    ) throws {
        self.groups = groups
        inputNorm = try parameters.norm("norm1", channels: inputs, epsilon: epsilon)
        first = try parameters.convolution(
            "conv1",
            inputs: inputs,
            outputs: outputs,
            kernel: 3,
            padding: 1
        )
        time = try timeWidth.map {
            try parameters.linear("time_emb_proj", inputs: $0, outputs: outputs)
        }
        outputNorm = try parameters.norm("norm2", channels: outputs, epsilon: epsilon)
        second = try parameters.convolution(
            "conv2",
            inputs: outputs,
            outputs: outputs,
            kernel: 3,
            padding: 1
        )
        shortcut =
            inputs == outputs
            ? nil
            : try parameters.convolution(
                "conv_shortcut",
                inputs: inputs,
                outputs: outputs,
                kernel: 1
            ).linear
    }

    /// Shapes: `x` [samples·grid, inputs] · `time` [samples, time width], activated, or nil ·
    /// `out` [samples·grid, outputs].
    func run(
        _ x: Matrix,
        samples: Int,
        grid: Grid,
        time embedding: Matrix?,
        _ compute: Compute,
        into out: Matrix
    ) {
        compute.scope {
            let normed = compute.scratch(x.rows, x.columns)
            compute.groupNorm(
                x,
                samples: samples,
                groups: groups,
                inputNorm,
                silu: true,
                into: normed
            )
            let hidden = compute.scratch(x.rows, outputs)
            compute.convolution(normed, first, samples: samples, grid: grid, into: hidden)
            if let time, let embedding {
                let shift = compute.scratch(samples, outputs)
                compute.linear(embedding, time, into: shift)
                for sample in 0..<samples {
                    compute.addRow(
                        shift.row(sample),
                        to: hidden.rows(sample * grid.count..<(sample + 1) * grid.count)
                    )
                }
            }
            compute.groupNorm(
                hidden,
                samples: samples,
                groups: groups,
                outputNorm,
                silu: true,
                into: hidden
            )
            compute.convolution(hidden, second, samples: samples, grid: grid, into: out)
            if let shortcut {
                compute.linear(x, shortcut, into: out, adding: true)
            } else {
                compute.add(x, to: out)
            }
        }
    }
}
