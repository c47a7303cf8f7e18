internal import CKernels

/// Panels of bfloat16 numbers; those below 2^-55 are 0, as AMX could otherwise meet subnormal numbers.
@safe struct BrainFloatPanels: Sendable {
    let inputs: Int
    private let storage: TensorStorage

    /// Inputs that are summed at a time.
    static let group = 32

    init(outputs: Int, inputs: Int) {
        self.inputs = inputs
        storage = TensorStorage(
            byteCount: PackedWeight.panelCount(outputs) * PackedWeight.panelWidth
                * Self.padded(inputs) * MemoryLayout<UInt16>.stride
        )
    }

    /// Inputs with zeros up to a whole group.
    static func padded(_ inputs: Int) -> Int { (inputs + group - 1) / group * group }

    var byteCount: Int { storage.byteCount }

    func pack(_ weight: Matrix, firstOutput: Int) {
        let stride = Self.padded(inputs)
        var row = [UInt16](repeating: 0, count: stride)
        for index in 0..<weight.rows {
            unsafe ilv_round_rows_bf16(
                &row,
                stride,
                weight.row(index).base,
                weight.stride,
                1,
                inputs
            )
            unsafe ilv_matmul_pack_bf16(
                UnsafeMutablePointer(mutating: address(ofPanel: 0)),
                row,
                stride,
                inputs,
                firstOutput + index,
                1
            )
        }
    }

    /// Where a panel begins.
    func address(ofPanel panel: Int) -> UnsafePointer<UInt16> {
        let offset = panel * PackedWeight.panelWidth * Self.padded(inputs)
        return unsafe UnsafePointer(
            storage.address.assumingMemoryBound(to: UInt16.self) + offset
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
