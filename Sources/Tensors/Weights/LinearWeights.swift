internal import CKernels

/// A linear layer: `y = x · weightᵀ + bias`, packed for ``Compute/linear(_:_:into:adding:)``.
///
/// The weight lies in panels of sixteen outputs, [panel][input][16], the last one filled up with zeros:
/// a product reads it from the first byte to the last, once. There is no row-major copy beside it, so
/// what is to be combined or scaled must be so before it is packed.
package struct LinearWeights: Sendable {
    /// Number of output channels.
    package let outputs: Int
    /// Number of input channels.
    package let inputs: Int
    /// [1, outputs], or nil for none.
    package let bias: Matrix?
    /// The packed weight, [panelCount·inputs, panelWidth].
    let panels: Matrix

    /// Outputs of a panel.
    static let panelWidth = 16

    /// Makes a layer whose weight is zero, and takes no memory, until it is packed.
    package init(outputs: Int, inputs: Int, bias: Matrix?) {
        precondition(bias == nil || bias?.count == outputs, "bias of another size")
        self.outputs = outputs
        self.inputs = inputs
        self.bias = bias
        let panelCount = (outputs + Self.panelWidth - 1) / Self.panelWidth
        panels = Matrix(rows: panelCount * inputs, columns: Self.panelWidth)
    }

    /// Packs a weight [outputs, inputs], as PyTorch's `nn.Linear` stores it.
    package init(weight: Matrix, bias: Matrix?) {
        self.init(outputs: weight.rows, inputs: weight.columns, bias: bias)
        pack(weight, firstOutput: 0)
    }

    /// Packs the rows of a weight as the outputs from `firstOutput` on.
    ///
    /// Shapes: `weight` [rows, inputs].
    /// Threads: while the layer is loaded, before anything multiplies by it.
    package func pack(_ weight: Matrix, firstOutput: Int) {
        precondition(weight.columns == inputs && firstOutput >= 0)
        precondition(firstOutput + weight.rows <= outputs, "more rows than outputs")
        unsafe ilv_matmul_pack_f32(
            panels.base,
            weight.base,
            weight.stride,
            inputs,
            firstOutput,
            weight.rows
        )
    }

    /// Number of panels.
    var panelCount: Int { (outputs + Self.panelWidth - 1) / Self.panelWidth }

    /// The packed weight of a run of panels.
    func panels(_ range: Range<Int>) -> Matrix {
        panels.rows(range.lowerBound * inputs..<range.upperBound * inputs)
    }

    /// The outputs of a run of panels.
    func outputs(ofPanels range: Range<Int>) -> Range<Int> {
        range.lowerBound * Self.panelWidth..<min(outputs, range.upperBound * Self.panelWidth)
    }
}
