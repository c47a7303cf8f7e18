/// A weight [outputs, inputs] in the order in which a product reads it: panels of sixteen outputs, from the first byte
/// to the last.
enum PackedWeight: Sendable {
    /// [panel][input][16] numbers.
    case f32(FloatPanels)
    /// [panel][inputs / 2][16][2] numbers, inputs padded to 32.
    case bf16(BrainFloatPanels)
    /// [panel][inputs / 4][16][4] bytes, inputs padded to 64.
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
        case .bf16: self = .bf16(BrainFloatPanels(outputs: outputs, inputs: inputs))
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
    /// Shapes: `weight` [rows, inputs].
    func pack(_ weight: Matrix, firstOutput: Int) {
        switch self {
        case .f32(let panels): panels.pack(weight, firstOutput: firstOutput)
        case .bf16(let panels): panels.pack(weight, firstOutput: firstOutput)
        case .int8(let panels): round(weight, window: panels.window, firstOutput: firstOutput)
        case .int4: round(weight, window: 1, firstOutput: firstOutput)
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

    /// Makes whole numbers of a weight, a few rows at a time, and packs them.
    private func round(_ weight: Matrix, window: Int, firstOutput: Int) {
        for first in stride(from: 0, to: weight.rows, by: Self.roundedRowCount) {
            let rows = weight.rows(first..<min(weight.rows, first + Self.roundedRowCount))
            pack(
                IntegerRows(rounding: rows, to: format, window: window),
                firstOutput: firstOutput + first
            )
        }
    }

    private static let roundedRowCount = 64

    /// Number of panels.
    static func panelCount(_ outputs: Int) -> Int { (outputs + panelWidth - 1) / panelWidth }
}
