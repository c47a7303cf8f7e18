/// How a product of many rows is cut into parts for the workers.
///
/// Every element is summed in an order of its own, so the cut changes how long it takes and nothing else.
struct ProductCut {
    /// What a cut depends on.
    struct Sizes: Hashable {
        let rows: Int
        let inputs: Int
        let panels: Int
    }

    private let sizes: Sizes
    private let rowParts: Int
    private let panelParts: Int

    /// Cuts a product of `rows` rows with `panels` panels of `inputs` inputs for a number of workers.
    ///
    /// Parts are small enough for an even share and large enough that handing them out, reading weights and copying
    /// rows cost little beside the products: the best of all sizes up to the largest, by an estimate of the time.
    init(_ sizes: Sizes, workerCount: Int) {
        self.sizes = sizes
        let tileCount = Self.quotient(sizes.rows, Self.tileRows)
        var best = (time: Double.infinity, rowParts: 1, panelParts: 1)
        for tiles in 1...min(Self.largestTileCount, max(1, tileCount)) {
            for panels in 1...min(Self.largestPanelCount, max(1, sizes.panels)) {
                let rowParts = Self.quotient(tileCount, tiles)
                let panelParts = Self.quotient(sizes.panels, panels)
                // One more share of a part, as workers are not equally fast.
                let rounds = Self.quotient(rowParts * panelParts, workerCount)
                let share = workerCount > 1 ? Double(rounds) + 0.25 : Double(rounds)
                let time = share * Self.time(tiles: tiles, panels: panels, sizes.inputs)
                if time < best.time { best = (time, rowParts, panelParts) }
            }
        }
        rowParts = best.rowParts
        panelParts = best.panelParts
    }

    /// Number of parts.
    var partCount: Int { rowParts * panelParts }

    /// The rows and the panels of a part.
    subscript(part: Int) -> (rows: Range<Int>, panels: Range<Int>) {
        let tileCount = Self.quotient(sizes.rows, Self.tileRows)
        let tiles = Self.share(part / panelParts, of: tileCount, in: rowParts)
        return (
            tiles.lowerBound * Self.tileRows..<min(sizes.rows, tiles.upperBound * Self.tileRows),
            Self.share(part % panelParts, of: sizes.panels, in: panelParts)
        )
    }

    // MARK: - Estimate

    /// Rows that the kernels compute together; a part begins with a whole tile.
    private static let tileRows = 12
    /// Rows of a part, 516, beyond which there is nothing to gain.
    private static let largestTileCount = 43
    /// Panels whose weights stay in the second-level cache while rows pass by.
    private static let largestPanelCount = 24

    /// An estimate of a part's time, in products of a row with a panel of one input each.
    private static func time(tiles: Int, panels: Int, _ inputs: Int) -> Double {
        let rows = Double(tiles * tileRows)
        // Copying a row costs about as much as one and a half panels, reading a panel's weights as four rows.
        let products = rows * (Double(panels) + 1.5) + 4 * Double(panels)
        return products * Double(inputs) + handingOut
    }

    /// What handing out a part costs, about a third of a microsecond.
    private static let handingOut = 1024.0

    private static func quotient(_ count: Int, _ size: Int) -> Int { (count + size - 1) / size }

    private static func share(_ index: Int, of count: Int, in parts: Int) -> Range<Int> {
        index * count / parts..<(index + 1) * count / parts
    }
}
