internal import CKernels

/// Panels of single precision.
@safe struct FloatPanels: Sendable {
    let inputs: Int
    private let panels: Matrix

    init(outputs: Int, inputs: Int) {
        self.inputs = inputs
        panels = Matrix(
            rows: PackedWeight.panelCount(outputs) * inputs,
            columns: PackedWeight.panelWidth
        )
    }

    var byteCount: Int { panels.count * MemoryLayout<Float>.stride }

    func pack(_ weight: Matrix, firstOutput: Int) {
        unsafe ilv_matmul_pack_f32(
            panels.base,
            weight.base,
            weight.stride,
            inputs,
            firstOutput,
            weight.rows
        )
    }

    /// Where a panel begins.
    func address(ofPanel panel: Int) -> UnsafePointer<Float> {
        unsafe UnsafePointer(panels.base + panel * inputs * PackedWeight.panelWidth)
    }
}
