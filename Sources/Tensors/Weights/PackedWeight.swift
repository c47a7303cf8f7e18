/// A weight [outputs, inputs] in the order in which a product reads it: panels of sixteen outputs, from the first byte
/// to the last.
enum PackedWeight: Sendable {
    /// [panel][input][16] numbers.
    case f32(FloatPanels)
    /// [panel][inputs / 2][16][2] numbers, inputs of a pixel padded to 32.
    case bf16(BrainFloatPanels)
    /// [panel][inputs / 4][16][4] bytes, inputs of a pixel padded to 64.
    case int8(BytePanels)
    /// [panel][inputs / 32][4][64] pairs of nibbles, inputs padded to 64, and [panel][inputs / 32][16] multipliers.
    case int4(NibblePanels)

    /// Outputs of a panel.
    static let panelWidth = 16

    /// Takes address space, but no memory, for a weight.
    ///
    /// - Parameters:
    ///   - format: How it is stored.
    ///   - outputs: Number of output channels.
    ///   - inputs: Number of inputs, of all pixels of a window.
    ///   - window: Pixels of the window that the inputs are of; 1 for a linear layer.
    /// - Precondition: the format fits the numbers.
    init(_ format: WeightFormat, outputs: Int, inputs: Int, window: Int) {
        switch format {
        case .f32: self = .f32(FloatPanels(outputs: outputs, inputs: inputs))
        case .bf16:
            self = .bf16(
                BrainFloatPanels(outputs: outputs, channels: inputs / window, window: window)
            )
        case .int8:
            self = .int8(
                BytePanels(outputs: outputs, channels: inputs / window, window: window)
            )
        case .int4: self = .int4(NibblePanels(outputs: outputs, inputs: inputs))
        }
    }

    /// How it is stored.
    var format: WeightFormat {
        switch self {
        case .f32: .f32
        case .bf16: .bf16
        case .int8: .int8
        case .int4: .int4
        }
    }

    /// Memory that it takes once it is packed.
    var byteCount: Int {
        switch self {
        case .f32(let panels): panels.byteCount
        case .bf16(let panels): panels.byteCount
        case .int8(let panels): panels.byteCount
        case .int4(let panels): panels.byteCount
        }
    }

    /// Packs rows of a weight as the outputs from `firstOutput` on.
    ///
    /// A few rows at a time are rounded and packed on every processor that this process may use: no two rows share a byte
    /// of a panel.
    ///
    /// Shapes: `weight` [rows, inputs].
    func pack(_ weight: Matrix, firstOutput: Int) {
        let runCount = (weight.rows + Self.runLength - 1) / Self.runLength
        @Sendable func pack(run: Int) {
            let start = run * Self.runLength
            let rows = weight.rows(start..<min(weight.rows, start + Self.runLength))
            packRun(rows, firstOutput: firstOutput + start)
        }
        // Waking threads for a small weight costs more than packing it.
        if weight.count < Self.sharedCount {
            for run in 0..<runCount { pack(run: run) }
        } else {
            _ = concurrentMap(runCount, pack)
        }
    }

    private func packRun(_ weight: Matrix, firstOutput: Int) {
        switch self {
        case .f32(let panels): panels.pack(weight, firstOutput: firstOutput)
        case .bf16(let panels): panels.pack(weight, firstOutput: firstOutput)
        case .int8(let panels):
            let rows = IntegerRows(rounding: weight, to: .int8, window: panels.window)
            panels.pack(rows, firstOutput: firstOutput)
        case .int4(let panels):
            panels.pack(IntegerRows(rounding: weight, to: .int4), firstOutput: firstOutput)
        }
    }

    /// Packs rows that are whole numbers as the outputs from `firstOutput` on.
    ///
    /// - Precondition: they are of this format.
    func pack(_ rows: IntegerRows, firstOutput: Int) {
        switch self {
        case .int8(let panels): panels.pack(rows, firstOutput: firstOutput)
        case .int4(let panels): panels.pack(rows, firstOutput: firstOutput)
        case .f32, .bf16: preconditionFailure("\(format) has no whole numbers")
        }
    }

    /// Rows that are packed at a time.
    private static let runLength = 64
    /// Numbers of a weight that is worth several threads.
    private static let sharedCount = 1 << 18

    /// Number of panels.
    static func panelCount(_ outputs: Int) -> Int { (outputs + panelWidth - 1) / panelWidth }
}
