internal import CKernels

/// A weight [outputs, inputs] in the order in which a product reads it: panels of sixteen outputs, from the first byte
/// to the last.
enum PackedWeight: Sendable {
    /// [panel][input][16] numbers.
    case f32(FloatPanels)
    /// [panel][inputs / 2][16][2] numbers, inputs padded to 32.
    case bf16(BrainFloatPanels)
    /// [panel][inputs / 4][16][4] bytes, inputs padded to 64.
    case int8(BytePanels)

    /// Outputs of a panel.
    static let panelWidth = 16

    /// Takes address space, but no memory, for a weight.
    ///
    /// - Precondition: the format fits the number of inputs.
    init(_ format: WeightFormat, outputs: Int, inputs: Int) {
        switch format {
        case .f32: self = .f32(FloatPanels(outputs: outputs, inputs: inputs))
        case .bf16: self = .bf16(BrainFloatPanels(outputs: outputs, inputs: inputs))
        case .int8: self = .int8(BytePanels(outputs: outputs, inputs: inputs))
        }
    }

    /// How it is stored.
    var format: WeightFormat {
        switch self {
        case .f32: .f32
        case .bf16: .bf16
        case .int8: .int8
        }
    }

    /// Memory that it takes once it is packed.
    var byteCount: Int {
        switch self {
        case .f32(let panels): panels.byteCount
        case .bf16(let panels): panels.byteCount
        case .int8(let panels): panels.byteCount
        }
    }

    /// Packs rows of a weight as the outputs from `firstOutput` on.
    ///
    /// Shapes: `weight` [rows, inputs].
    func pack(_ weight: Matrix, firstOutput: Int) {
        switch self {
        case .f32(let panels): panels.pack(weight, firstOutput: firstOutput)
        case .bf16(let panels): panels.pack(weight, firstOutput: firstOutput)
        case .int8(let panels): panels.pack(weight, firstOutput: firstOutput)
        }
    }

    /// Number of panels.
    static func panelCount(_ outputs: Int) -> Int { (outputs + panelWidth - 1) / panelWidth }
}

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

/// Panels of signed bytes with a scale per output, of a weight that is rotated as its inputs are.
@safe struct BytePanels: Sendable {
    let inputs: Int
    let rotation: RotationGroup
    /// Of every output, [1, outputs].
    let scales: Matrix
    private let storage: TensorStorage

    init(outputs: Int, inputs: Int) {
        guard let rotation = RotationGroup(inputs: inputs) else {
            preconditionFailure("a weight of \(inputs) inputs cannot be rotated")
        }
        self.inputs = inputs
        self.rotation = rotation
        scales = Matrix(rows: 1, columns: outputs)
        storage = TensorStorage(
            byteCount: PackedWeight.panelCount(outputs) * PackedWeight.panelWidth
                * ByteRows.padded(inputs)
        )
    }

    var byteCount: Int { storage.byteCount + scales.count * MemoryLayout<Float>.stride }

    func pack(_ weight: Matrix, firstOutput: Int) {
        let stride = ByteRows.padded(inputs)
        let rotated = Matrix(rows: 1, columns: inputs)
        var bytes = [Int8](repeating: 0, count: stride)
        var sums = [Int32](repeating: 0, count: stride / 32)
        for index in 0..<weight.rows {
            let output = firstOutput + index
            unsafe ilv_rotate_f32(
                rotated.base,
                rotated.stride,
                weight.row(index).base,
                weight.stride,
                1,
                inputs,
                rotation.size
            )
            unsafe ilv_quantize_rows_i8(
                &bytes,
                stride,
                scales.base + output,
                &sums,
                rotated.base,
                rotated.stride,
                1,
                inputs
            )
            unsafe ilv_matmul_pack_i8(
                UnsafeMutablePointer(mutating: address(ofPanel: 0)),
                bytes,
                stride,
                inputs,
                output,
                1
            )
        }
    }

    /// Where a panel begins.
    func address(ofPanel panel: Int) -> UnsafePointer<UInt8> {
        let offset = panel * PackedWeight.panelWidth * ByteRows.padded(inputs)
        return unsafe UnsafePointer(
            storage.address.assumingMemoryBound(to: UInt8.self) + offset
        )
    }
}
