/// How much of each pixel around a cell's centre a shape covers.
struct Coverage: Sendable {
    /// Columns and rows; the cell's centre is the upper left corner of pixel (side/2, side/2).
    static let side = 24

    /// Of 16 samples, how many lie in the shape, row by row.
    let counts: [Int]

    /// Counts the samples of an object with a jitter in sixteenths of a pixel.
    init(_ shape: Shape, _ size: Size, jitterX: Int, jitterY: Int) {
        let radius = size.radius
        var counts = [Int](repeating: 0, count: Self.side * Self.side)
        // Sample points lie at 2, 6, 10 and 14 sixteenths of a pixel.
        for row in 0..<4 * Self.side {
            let dy = 4 * row + 2 - 16 * (Self.side / 2) - jitterY
            guard abs(dy) <= radius else { continue }
            for column in 0..<4 * Self.side {
                let dx = 4 * column + 2 - 16 * (Self.side / 2) - jitterX
                guard abs(dx) <= radius, shape.contains(dx, dy, radius: radius) else { continue }
                counts[row / 4 * Self.side + column / 4] += 1
            }
        }
        self.counts = counts
    }

    /// The coverage of an object of a scene.
    init(_ thing: Thing) {
        self.init(thing.shape, thing.size, jitterX: thing.jitterX, jitterY: thing.jitterY)
    }
}
