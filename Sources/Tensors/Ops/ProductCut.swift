/// How a product of many rows is cut into parts for the workers; a function of sizes alone.
struct ProductCut {
    private let rowCount: Int
    private let panelCount: Int
    private var rowParts: Int
    private var panelParts: Int

    /// Cuts a product of `rows` rows with `panels` panels of `inputs` inputs.
    init(rows: Int, inputs: Int, panels: Int) {
        rowCount = rows
        panelCount = panels
        // Large enough that reading weights from memory and copying rows cost little beside the
        // products.
        rowParts = (rows + 511) / 512
        panelParts = (panels + 23) / 24
        // Then halves, while there are too few parts for an even share and each is worth handing out.
        while partCount < 12 {
            let (height, width) = (rows / rowParts, panels / panelParts)
            guard height * width * inputs >= 65536 else { return }
            if height >= 192 || (width < 8 && height >= 48) {
                rowParts *= 2
            } else if width >= 8 {
                panelParts *= 2
            } else {
                return
            }
        }
    }

    /// Number of parts.
    var partCount: Int { rowParts * panelParts }

    /// The rows and the panels of a part.
    subscript(part: Int) -> (rows: Range<Int>, panels: Range<Int>) {
        (
            Self.share(part / panelParts, of: rowCount, in: rowParts),
            Self.share(part % panelParts, of: panelCount, in: panelParts)
        )
    }

    private static func share(_ index: Int, of count: Int, in parts: Int) -> Range<Int> {
        index * count / parts..<(index + 1) * count / parts
    }
}
