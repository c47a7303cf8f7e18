internal import CKernels

/// Panels of signed bytes with a scale per output, of a weight that is rotated as its inputs are.
///
/// Inputs are those of one pixel, or of the pixels of a window, one after the other.
@safe struct BytePanels: Sendable {
    /// Inputs of a pixel, which are padded to whole tiles.
    let channels: Int
    /// Pixels.
    let window: Int
    let rotation: RotationGroup
    /// Of every output, [1, outputs].
    let scales: Matrix
    private let storage: TensorStorage

    init(outputs: Int, channels: Int, window: Int) {
        guard let rotation = RotationGroup(inputs: channels) else {
            preconditionFailure("a weight of \(channels) inputs cannot be rotated")
        }
        self.channels = channels
        self.window = window
        self.rotation = rotation
        scales = Matrix(rows: 1, columns: outputs)
        storage = TensorStorage(
            byteCount: PackedWeight.panelCount(outputs) * PackedWeight.panelWidth
                * window * ByteRows.padded(channels)
        )
    }

    /// Bytes of an output.
    private var stride: Int { window * ByteRows.padded(channels) }

    var byteCount: Int { storage.byteCount + scales.count * MemoryLayout<Float>.stride }

    func pack(_ rows: IntegerRows, firstOutput: Int) {
        precondition(rows.format == .int8 && rows.channels == channels && rows.window == window)
        unsafe ilv_matmul_pack_i8(
            storage.address.assumingMemoryBound(to: UInt8.self),
            rows.numbers,
            stride,
            stride,
            firstOutput,
            rows.count
        )
        scales.columns(firstOutput..<firstOutput + rows.count).copy(from: rows.scales)
    }

    /// Where a panel begins.
    func address(ofPanel panel: Int) -> UnsafePointer<UInt8> {
        unsafe UnsafePointer(
            storage.address.assumingMemoryBound(to: UInt8.self)
                + panel * PackedWeight.panelWidth * stride
        )
    }
}
