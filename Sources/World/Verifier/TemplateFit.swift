/// The rendered template that differs least from a coverage.
struct TemplateFit {
    let shape: Shape
    let size: Size
    /// Centre in pixels from the left.
    let x: Double
    /// Centre in pixels from the top.
    let y: Double
    /// Mean squared difference over the template's area.
    let misfit: Double

    /// A shape at a half-pixel phase.
    private struct Template: Sendable {
        let shape: Shape
        let size: Size
        /// Phase in pixels.
        let phase: (x: Double, y: Double)
        /// Middle of the box relative to the centre, in pixels.
        let middle: (x: Double, y: Double)
        /// Coverage 0...1, `Coverage.side` rows and columns.
        let coverage: [Double]
        let area: Double
    }

    private static let templates: [Template] = Shape.allCases.flatMap { shape in
        Size.allCases.flatMap { size in
            [0, 8].flatMap { y in [0, 8].map { x in template(shape, size, x, y) } }
        }
    }

    private static func template(_ shape: Shape, _ size: Size, _ x: Int, _ y: Int) -> Template {
        let extent = shape.extent(radius: size.radius)
        let coverage = Coverage(shape, size, jitterX: x, jitterY: y).counts.map { Double($0) / 16 }
        return Template(
            shape: shape,
            size: size,
            phase: (Double(x) / 16, Double(y) / 16),
            middle: (
                Double(extent.left + extent.right) / 32, Double(extent.top + extent.bottom) / 32
            ),
            coverage: coverage,
            area: coverage.reduce(0, +)
        )
    }

    /// Fits all templates to a coverage of a picture, row by row.
    init(_ coverage: [Double]) {
        let columns = (0..<Layout.side).map { column in
            (0..<Layout.side).reduce(0) { max($0, coverage[$1 * Layout.side + column]) }
        }
        let rows = (0..<Layout.side).map { row in
            coverage[row * Layout.side..<(row + 1) * Layout.side].reduce(0, max)
        }
        let (middleX, middleY) = (Self.middle(of: columns), Self.middle(of: rows))
        var best = (error: Double.infinity, template: Self.templates[0], x: 0.0, y: 0.0)
        for template in Self.templates {
            let left = Int(
                (middleX - template.middle.x - template.phase.x).rounded(.toNearestOrEven)
            )
            let top = Int(
                (middleY - template.middle.y - template.phase.y).rounded(.toNearestOrEven)
            )
            for y in top - 1...top + 1 {
                for x in left - 1...left + 1 {
                    let error = Self.error(coverage, template, x, y, atMost: best.error)
                    guard error < best.error else { continue }
                    best = (
                        error, template, Double(x) + template.phase.x, Double(y) + template.phase.y
                    )
                }
            }
        }
        shape = best.template.shape
        size = best.template.size
        (x, y) = (best.x, best.y)
        misfit = best.error / best.template.area
    }

    /// Squared difference of a template centred at a pixel's corner, over the template's tile.
    ///
    /// What of the tile lies outside of the picture is compared with nothing there.
    private static func error(
        _ coverage: [Double],
        _ template: Template,
        _ x: Int,
        _ y: Int,
        atMost limit: Double
    ) -> Double {
        let side = Coverage.side
        let (top, left) = (y - side / 2, x - side / 2)
        var error = 0.0
        for row in 0..<side {
            let isInside = (0..<Layout.side).contains(top + row)
            for column in 0..<side {
                let own = template.coverage[row * side + column]
                let found =
                    isInside && (0..<Layout.side).contains(left + column)
                    ? coverage[(top + row) * Layout.side + left + column] : 0
                error += (found - own) * (found - own)
            }
            // What is worse already cannot become the best.
            if error >= limit { return error }
        }
        return error
    }

    /// Middle of the span where a profile of coverage is above a half, with soft ends.
    private static func middle(of profile: [Double]) -> Double {
        guard let first = profile.firstIndex(where: { $0 > 0.5 }),
            let last = profile.lastIndex(where: { $0 > 0.5 })
        else { return Double(Layout.side) / 2 }
        let before = first > 0 ? profile[first - 1] : 0
        let after = last + 1 < profile.count ? profile[last + 1] : 0
        return (Double(first) - before + Double(last) + 1 + after) / 2
    }
}
