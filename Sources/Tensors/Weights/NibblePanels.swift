internal import CKernels

/// Panels of four bits, a multiplier per 32 inputs and a scale per output, of a weight that is rotated as its inputs are.
@safe struct NibblePanels: Sendable {
    let inputs: Int
    let rotation: RotationGroup
    /// Of every output, [1, outputs].
    let scales: Matrix
    private let storage: TensorStorage
    private let multiplierStorage: TensorStorage

    init(outputs: Int, inputs: Int) {
        guard let rotation = RotationGroup(inputs: inputs) else {
            preconditionFailure("a weight of \(inputs) inputs cannot be rotated")
        }
        self.inputs = inputs
        self.rotation = rotation
        scales = Matrix(rows: 1, columns: outputs)
        let count =
            PackedWeight.panelCount(outputs) * PackedWeight.panelWidth * ByteRows.padded(inputs)
        storage = TensorStorage(byteCount: count / 2)
        multiplierStorage = TensorStorage(byteCount: count / 32)
    }

    var byteCount: Int {
        storage.byteCount + multiplierStorage.byteCount + scales.count * MemoryLayout<Float>.stride
    }

    func pack(_ rows: IntegerRows, firstOutput: Int) {
        precondition(rows.format == .int4 && rows.channels == inputs && rows.window == 1)
        unsafe ilv_matmul_pack_i4(
            storage.address.assumingMemoryBound(to: UInt8.self),
            multiplierStorage.address.assumingMemoryBound(to: UInt8.self),
            rows.numbers,
            rows.multipliers,
            rows.stride,
            firstOutput,
            rows.count
        )
        scales.columns(firstOutput..<firstOutput + rows.count).copy(from: rows.scales)
    }

    /// Where the nibbles of a panel begin.
    func address(ofPanel panel: Int) -> UnsafePointer<UInt8> {
        unsafe UnsafePointer(
            storage.address.assumingMemoryBound(to: UInt8.self)
                + panel * PackedWeight.panelWidth * ByteRows.padded(inputs) / 2
        )
    }

    /// Where the multipliers of a panel begin.
    func multipliers(ofPanel panel: Int) -> UnsafePointer<UInt8> {
        unsafe UnsafePointer(
            multiplierStorage.address.assumingMemoryBound(to: UInt8.self)
                + panel * PackedWeight.panelWidth * ByteRows.padded(inputs) / 32
        )
    }
}
