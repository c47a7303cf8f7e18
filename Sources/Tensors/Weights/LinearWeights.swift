/// A linear layer: `y = x · weightᵀ + bias`, packed for ``Compute/linear(_:_:into:adding:)``.
///
/// The weight lies in panels of sixteen outputs, in the order in which a product reads it, and in a format that nobody
/// but the product knows of. There is no row-major copy beside it, so what is to be combined or scaled must be so before
/// it is packed.
package struct LinearWeights: Sendable {
    /// Number of output channels.
    package let outputs: Int
    /// Number of input channels.
    package let inputs: Int
    /// [1, outputs], or nil for none.
    package let bias: Matrix?
    /// The packed weight.
    let weight: PackedWeight

    /// Makes a layer whose weight is zero, and takes no memory, until it is packed.
    ///
    /// - Parameters:
    ///   - outputs: Number of output channels.
    ///   - inputs: Number of input channels.
    ///   - bias: [1, outputs], or nil for none.
    ///   - format: How the weight is stored, which must fit the number of inputs.
    ///   - window: Pixels of the window that the inputs are of, of a convolution; 1 otherwise.
    package init(
        outputs: Int,
        inputs: Int,
        bias: Matrix?,
        format: WeightFormat = .f32,
        window: Int = 1
    ) {
        precondition(bias == nil || bias?.count == outputs, "bias of another size")
        precondition(
            format.fits(inputs: inputs / window, window: window),
            "\(format) does not fit \(inputs) inputs"
        )
        self.outputs = outputs
        self.inputs = inputs
        self.bias = bias
        weight = PackedWeight(format, outputs: outputs, inputs: inputs, window: window)
    }

    /// Packs a weight [outputs, inputs], as PyTorch's `nn.Linear` stores it.
    ///
    /// - Parameters:
    ///   - weight: The weight.
    ///   - bias: [1, outputs], or nil for none.
    ///   - format: How the weight is stored, which must fit the number of inputs.
    ///   - window: Pixels of the window that the inputs are of, of a convolution; 1 otherwise.
    package init(weight: Matrix, bias: Matrix?, format: WeightFormat = .f32, window: Int = 1) {
        self.init(
            outputs: weight.rows,
            inputs: weight.columns,
            bias: bias,
            format: format,
            window: window
        )
        pack(weight, firstOutput: 0)
    }

    /// Packs the rows of a weight as the outputs from `firstOutput` on.
    ///
    /// Shapes: `weight` [rows, inputs].
    /// Threads: while the layer is loaded, before anything multiplies by it.
    package func pack(_ weight: Matrix, firstOutput: Int) {
        precondition(weight.columns == inputs)
        _ = pack(weight.rows, firstOutput: firstOutput) { .numbers(weight.rows($0)) }
    }

    /// Packs rows as the outputs from `firstOutput` on, which are made a few at a time on several threads.
    ///
    /// Threads: while the layer is loaded, before anything multiplies by it.
    ///
    /// - Parameters:
    ///   - rowCount: Number of rows.
    ///   - firstOutput: What the first row is.
    ///   - make: Makes rows, [.., inputs].
    /// - Returns: Whether there were all; if not, they are to be packed again.
    package func pack(_ rowCount: Int, firstOutput: Int, _ make: PackableRows.Maker) -> Bool {
        precondition(
            firstOutput >= 0 && firstOutput + rowCount <= outputs,
            "more rows than outputs"
        )
        return weight.pack(rowCount, inputs: inputs, firstOutput: firstOutput, make)
    }

    /// How the weight is stored.
    package var format: WeightFormat { weight.format }

    /// Memory that weight and bias take once they are packed.
    package var byteCount: Int {
        weight.byteCount + (bias?.count ?? 0) * MemoryLayout<Float>.stride
    }

    /// Number of panels.
    var panelCount: Int { PackedWeight.panelCount(outputs) }

    /// The outputs of a run of panels.
    func outputs(ofPanels range: Range<Int>) -> Range<Int> {
        let width = PackedWeight.panelWidth
        return range.lowerBound * width..<min(outputs, range.upperBound * width)
    }

    /// Where the biases of a run of outputs begin; nil without bias.
    func biasAddress(of outputs: Range<Int>) -> UnsafePointer<Float>? {
        unsafe bias.map { unsafe UnsafePointer($0.base + outputs.lowerBound) }
    }
}
