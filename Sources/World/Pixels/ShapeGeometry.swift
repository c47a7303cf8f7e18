// Shapes as integer point tests. Lengths are in the unit of the radius; y grows downwards; borders belong
// to the shape.

extension Shape {
    /// Whether a point relative to the centre lies in the shape.
    func contains(_ dx: Int, _ dy: Int, radius: Int) -> Bool {
        switch self {
        case .circle: return dx * dx + dy * dy <= radius * radius
        case .square:
            let half = radius * 7 / 8
            return abs(dx) <= half && abs(dy) <= half
        case .triangle:
            let base = radius * 3 / 4
            return dy <= base && abs(dx) * (radius + base) <= radius * (dy + radius)
        case .diamond: return abs(dx) + abs(dy) <= radius
        case .star: return Self.starContains(dx * 1024, dy * 1024, radius)
        case .cross:
            let arm = radius * 3 / 8
            return (abs(dx) <= arm && abs(dy) <= radius) || (abs(dy) <= arm && abs(dx) <= radius)
        }
    }

    /// The shape's rectangle relative to its centre.
    func extent(radius: Int) -> Box {
        switch self {
        case .square:
            let half = radius * 7 / 8
            return Box(left: -half, top: -half, right: half, bottom: half)
        case .triangle:
            return Box(left: -radius, top: -radius, right: radius, bottom: radius * 3 / 4)
        case .star:
            let (wide, low) = (radius * 974 / 1024, radius * 828 / 1024)
            return Box(left: -wide, top: -radius, right: wide, bottom: low)
        case .circle, .diamond, .cross:
            return Box(left: -radius, top: -radius, right: radius, bottom: radius)
        }
    }

    /// Corners of the star in 1/1024 of the radius, clockwise from the top.
    private static let starCorners: [(x: Int, y: Int)] = [
        (0, -1024), (271, -373), (974, -316), (438, 142), (602, 828),
        (0, 461), (-602, 828), (-438, 142), (-974, -316), (-271, -373),
    ]

    /// The even-odd rule; coordinates are multiplied by 1024, as the corners are by the radius.
    private static func starContains(_ x: Int, _ y: Int, _ radius: Int) -> Bool {
        var isInside = false
        for index in starCorners.indices {
            let first = starCorners[index]
            let second = starCorners[(index + 1) % starCorners.count]
            let (x1, y1) = (first.x * radius, first.y * radius)
            let (x2, y2) = (second.x * radius, second.y * radius)
            guard (y1 > y) != (y2 > y) else { continue }
            // x < x1 + (y - y1)(x2 - x1)/(y2 - y1), multiplied by y2 - y1
            let (across, along) = ((x - x1) * (y2 - y1), (y - y1) * (x2 - x1))
            if y2 > y1 ? across < along : across > along { isInside.toggle() }
        }
        return isInside
    }
}
