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

    func pack(_ weight: Matrix, firstOutput: Int) {
        let padded = ByteRows.padded(channels)
        let rotated = Matrix(rows: 1, columns: stride)
        var bytes = [Int8](repeating: 0, count: stride)
        var sums = [Int32](repeating: 0, count: stride / 32)
        for index in 0..<weight.rows {
            let output = firstOutput + index
            // The zeros between the pixels are there from the beginning.
            for pixel in 0..<window {
                unsafe ilv_rotate_f32(
                    rotated.base + pixel * padded,
                    rotated.stride,
                    weight.row(index).base + pixel * channels,
                    weight.stride,
                    1,
                    channels,
                    rotation.size
                )
            }
            unsafe ilv_quantize_rows_i8(
                &bytes,
                stride,
                scales.base + output,
                &sums,
                rotated.base,
                rotated.stride,
                1,
                stride
            )
            unsafe ilv_matmul_pack_i8(
                storage.address.assumingMemoryBound(to: UInt8.self),
                bytes,
                stride,
                stride,
                output,
                1
            )
        }
    }

    /// Where a panel begins.
    func address(ofPanel panel: Int) -> UnsafePointer<UInt8> {
        unsafe UnsafePointer(
            storage.address.assumingMemoryBound(to: UInt8.self)
                + panel * PackedWeight.panelWidth * stride
        )
    }
}
