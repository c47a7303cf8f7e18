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

    /// Packs rows as the outputs from `firstOutput` on.
    ///
    /// A few at a time are made, rounded and packed on every processor that this process may use: no two rows share a byte
    /// of a panel, and what is between the source and the panels stays in the caches.
    ///
    /// - Parameters:
    ///   - rowCount: Number of rows.
    ///   - inputs: Numbers of each.
    ///   - firstOutput: What the first row is.
    ///   - make: Makes rows.
    /// - Returns: Whether there were all; if not, some outputs are undefined.
    func pack(
        _ rowCount: Int,
        inputs: Int,
        firstOutput: Int,
        _ make: PackableRows.Maker
    ) -> Bool {
        let runCount = (rowCount + Self.runLength - 1) / Self.runLength
        @Sendable func pack(run: Int) -> Bool {
            let start = run * Self.runLength
            guard let rows = make(start..<min(rowCount, start + Self.runLength)) else {
                return false
            }
            packRun(rows, firstOutput: firstOutput + start)
            return true
        }
        // Waking threads for a small weight costs more than packing it.
        if rowCount * inputs < Self.sharedCount { return (0..<runCount).allSatisfy(pack) }
        return concurrentMap(runCount, pack).allSatisfy { $0 }
    }

    private func packRun(_ rows: PackableRows, firstOutput: Int) {
        switch (self, rows) {
        case (.f32(let panels), .numbers(let weight)):
            panels.pack(weight, firstOutput: firstOutput)
        case (.bf16(let panels), .numbers(let weight)):
            panels.pack(weight, firstOutput: firstOutput)
        case (.int8(let panels), .numbers(let weight)):
            let rows = IntegerRows(rounding: weight, to: .int8, window: panels.window)
            panels.pack(rows, firstOutput: firstOutput)
        case (.int4(let panels), .numbers(let weight)):
            panels.pack(IntegerRows(rounding: weight, to: .int4), firstOutput: firstOutput)
        case (.int8(let panels), .whole(let rows)): panels.pack(rows, firstOutput: firstOutput)
        case (.int4(let panels), .whole(let rows)): panels.pack(rows, firstOutput: firstOutput)
        case (.f32, .whole), (.bf16, .whole):
            preconditionFailure("\(format) has no whole numbers")
        }
    }

    /// Rows that are packed at a time.
    private static let runLength = 64
    /// Numbers of a weight that is worth several threads.
    private static let sharedCount = 1 << 18

    /// Number of panels.
    static func panelCount(_ outputs: Int) -> Int { (outputs + panelWidth - 1) / panelWidth }
}
