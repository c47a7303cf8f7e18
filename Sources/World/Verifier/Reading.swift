package import Images

/// An object as it was read from pixels.
package struct SeenThing: Hashable, Sendable {
    /// Its outline.
    package let shape: Shape
    /// Its colour.
    package let hue: Hue
    /// How large it is.
    package let size: Size
    /// The cell whose centre is nearest.
    package let cell: Cell
    /// Its centre in pixels from the left.
    package let x: Double
    /// Its centre in pixels from the top.
    package let y: Double
    /// Mean squared difference of coverage (0...1) over the template's area.
    package let misfit: Double
    /// Largest difference of a channel from the palette's colour.
    package let colorError: Double
}

/// What is in a picture, told without any learning.
///
/// 1. Background: the median of each channel.
/// 2. Foreground: pixels whose largest channel difference from the background exceeds a threshold; its
///    8-connected parts of at least 20 pixels are the objects.
/// 3. Colour: the palette's nearest to the mean of the part's most different pixels.
/// 4. Shape, size and centre: the rendered template that differs least from the part's coverage, over
///    all shapes and sizes and over centres near the part's, in half pixels.
/// 5. Position: the nearest cell.
package struct Reading: Hashable, Sendable {
    /// Light or dark.
    package let background: Background
    /// The objects in reading order.
    package let things: [SeenThing]
    /// Red, green and blue of the background.
    package let ground: [Double]
    /// Pixels that belong to something, but to nothing large enough for an object.
    package let strayCount: Int

    /// Parts with fewer pixels are no objects.
    private static let leastArea = 20

    /// Reads a picture; one of another size is resized first.
    ///
    /// Cost: 432 comparisons of a template per object.
    package init(of picture: RGBImage) {
        let field = DifferenceField(picture.worldSized)
        let parts = field.parts()
        background = field.ground.reduce(0, +) / 3 >= 128 ? .light : .dark
        ground = field.ground
        strayCount = parts.filter { $0.count < Self.leastArea }.reduce(0) { $0 + $1.count }
        things =
            parts
            .filter { $0.count >= Self.leastArea }
            .map { Self.thing($0, field) }
            // Stable, as parts of one cell keep their order.
            .enumerated().sorted { ($0.1.cell.rawValue, $0.0) < ($1.1.cell.rawValue, $1.0) }
            .map(\.element)
    }

    private static func thing(_ part: [Int], _ field: DifferenceField) -> SeenThing {
        let mean = field.meanOfMostDifferent(part)
        let distances = Hue.allCases.map { hue in
            zip(hue.channels, mean).reduce(0) { sum, pair in
                let difference = Double(pair.0) - pair.1
                return sum + difference * difference
            }
        }
        let nearest = distances.indices.min { distances[$0] < distances[$1] } ?? 0
        let colorError = zip(Hue.allCases[nearest].channels, mean)
            .reduce(0) { max($0, abs(Double($1.0) - $1.1)) }
        let coverage = field.coverage(of: part, mean: mean)
        let fit = TemplateFit(coverage)
        return SeenThing(
            shape: fit.shape,
            hue: Hue.allCases[nearest],
            size: fit.size,
            cell: cell(x: fit.x, y: fit.y),
            x: fit.x,
            y: fit.y,
            misfit: fit.misfit,
            colorError: colorError
        )
    }

    private static func cell(x: Double, y: Double) -> Cell {
        let indices = [x, y].map { center in
            let index = ((center - Double(Layout.firstCenter)) / Double(Layout.centerStep))
                .rounded(.toNearestOrEven)
            return min(max(Int(index), 0), Cell.side - 1)
        }
        return Cell.allCases[Cell.side * indices[1] + indices[0]]
    }
}

extension RGBImage {
    /// The picture in the world's size.
    package var worldSized: RGBImage {
        width == Layout.side && height == Layout.side
            ? self : resized(width: Layout.side, height: Layout.side, filter: .bicubic)
    }

    /// Which pixels differ from the background by more than the verifier's threshold.
    ///
    /// Layout: the world's size, row by row.
    package var foreground: [Bool] { DifferenceField(worldSized).mask }
}
