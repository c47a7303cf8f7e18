internal import CKernels

/// Panels of bfloat16 numbers; those below 2^-55 are 0, as AMX could otherwise meet subnormal numbers.
///
/// Inputs are those of one pixel, or of the pixels of a window, one after the other.
@safe struct BrainFloatPanels: Sendable {
    /// Inputs of a pixel, which are padded to whole groups.
    let channels: Int
    /// Pixels.
    let window: Int
    private let storage: TensorStorage

    /// Inputs that are summed at a time.
    static let group = 32

    init(outputs: Int, channels: Int, window: Int) {
        self.channels = channels
        self.window = window
        storage = TensorStorage(
            byteCount: PackedWeight.panelCount(outputs) * PackedWeight.panelWidth
                * window * Self.padded(channels) * MemoryLayout<UInt16>.stride
        )
    }

    /// Inputs with zeros up to a whole group.
    static func padded(_ inputs: Int) -> Int { (inputs + group - 1) / group * group }

    /// Numbers of an output.
    var stride: Int { window * Self.padded(channels) }

    var byteCount: Int { storage.byteCount }

    /// Rounds and packs rows of a weight.
    ///
    /// Shapes: `weight` [rows, window · channels].
    func pack(_ weight: Matrix, firstOutput: Int) {
        var numbers = [UInt16](repeating: 0, count: stride)
        for index in 0..<weight.rows {
            let row = weight.row(index)
            // The pixels of a window are rows of their own.
            unsafe ilv_round_rows_bf16(
                &numbers,
                Self.padded(channels),
                row.base,
                channels,
                window,
                channels
            )
            unsafe ilv_matmul_pack_bf16(
                UnsafeMutablePointer(mutating: address(ofPanel: 0)),
                numbers,
                stride,
                stride,
                firstOutput + index,
                1
            )
        }
    }

    /// Where a panel begins.
    func address(ofPanel panel: Int) -> UnsafePointer<UInt16> {
        unsafe UnsafePointer(
            storage.address.assumingMemoryBound(to: UInt16.self)
                + panel * PackedWeight.panelWidth * stride
        )
    }
}

extension Matrix {
    /// The numbers of a weight as they are packed in ``WeightFormat/bf16``, little-endian; packing them again gives the
    /// same bits.
    package func brainFloatWeightBytes() -> [UInt8] {
        let stride = BrainFloatPanels.padded(columns)
        var row = [UInt16](repeating: 0, count: stride)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(2 * count)
        for index in 0..<rows {
            unsafe ilv_round_rows_bf16(&row, stride, base + index * self.stride, stride, 1, columns)
            for number in row.prefix(columns) {
                bytes.append(UInt8(truncatingIfNeeded: number))
                bytes.append(UInt8(truncatingIfNeeded: number >> 8))
            }
        }
        return bytes
    }
}
