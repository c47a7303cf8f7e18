/// One object of a scene.
package struct Thing: Hashable, Sendable {
    /// Its outline.
    package var shape: Shape
    /// Its colour.
    package var hue: Hue
    /// How large it is.
    package var size: Size
    /// The cell it lies in.
    package var cell: Cell
    /// How far right of the cell's centre it lies, in sixteenths of a pixel.
    package var jitterX: Int
    /// How far below the cell's centre it lies, in sixteenths of a pixel.
    package var jitterY: Int

    /// Makes an object.
    package init(
        shape: Shape,
        hue: Hue,
        size: Size,
        cell: Cell,
        jitterX: Int = 0,
        jitterY: Int = 0
    ) {
        self.shape = shape
        self.hue = hue
        self.size = size
        self.cell = cell
        self.jitterX = jitterX
        self.jitterY = jitterY
    }

    /// Draws all six numbers.
    init(using random: inout SplitMix64) {
        shape = random.choice(Shape.allCases)
        hue = random.choice(Hue.allCases)
        size = random.choice(Size.allCases)
        cell = random.choice(Cell.allCases)
        jitterX = random.below(2 * Layout.jitter + 1) - Layout.jitter
        jitterY = random.below(2 * Layout.jitter + 1) - Layout.jitter
    }

    /// Its centre in sixteenths of a pixel.
    package var center: (x: Int, y: Int) {
        (
            16 * (Layout.firstCenter + Layout.centerStep * cell.column) + jitterX,
            16 * (Layout.firstCenter + Layout.centerStep * cell.row) + jitterY
        )
    }

    /// The rectangle around it, in sixteenths of a pixel.
    package var box: Box {
        let (x, y) = center
        let extent = shape.extent(radius: size.radius)
        return Box(
            left: x + extent.left,
            top: y + extent.top,
            right: x + extent.right,
            bottom: y + extent.bottom
        )
    }

    /// Whether training never shows it: one colour and one cell of every shape.
    package var isHeldOut: Bool {
        hue.rawValue == (shape.rawValue + 2) % Hue.allCases.count
            || cell.rawValue == (4 * shape.rawValue + 1) % Cell.allCases.count
    }

    /// Whether two objects cannot be in one scene: they share their shape or their cell.
    func collides(with other: Thing) -> Bool { shape == other.shape || cell == other.cell }
}

/// A rectangle.
package struct Box: Hashable, Sendable {
    /// Least x.
    package let left: Int
    /// Least y.
    package let top: Int
    /// Largest x.
    package let right: Int
    /// Largest y.
    package let bottom: Int

    /// Makes a rectangle.
    package init(left: Int, top: Int, right: Int, bottom: Int) {
        self.left = left
        self.top = top
        self.right = right
        self.bottom = bottom
    }

    /// Area of what two rectangles have in common, divided by the area of both together.
    package func overlap(_ other: Box) -> Double {
        let width = max(0, min(right, other.right) - max(left, other.left))
        let height = max(0, min(bottom, other.bottom) - max(top, other.top))
        let common = width * height
        let union = area + other.area - common
        return union > 0 ? Double(common) / Double(union) : 0
    }

    private var area: Int { (right - left) * (bottom - top) }
}
