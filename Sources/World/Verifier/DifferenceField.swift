internal import Images

/// How pixels of a picture differ from its background.
struct DifferenceField {
    /// Pixels that differ by more than this belong to something.
    static let threshold = 36.0

    /// The background: the median of each channel.
    let ground: [Double]
    /// Largest difference of a channel, per pixel.
    let strength: [Double]
    /// Samples, row by row, three per pixel.
    private let values: [UInt8]

    /// - Precondition: the picture has the world's size.
    init(_ picture: RGBImage) {
        precondition(picture.width == Layout.side && picture.height == Layout.side)
        let values = picture.pixels
        let ground = (0..<3).map { channel in
            let sorted = stride(from: channel, to: values.count, by: 3).map { values[$0] }.sorted()
            let middle = sorted.count / 2
            return (Double(sorted[middle - 1]) + Double(sorted[middle])) / 2
        }
        strength = (0..<values.count / 3).map { pixel in
            (0..<3).reduce(0) { max($0, abs(Double(values[3 * pixel + $1]) - ground[$1])) }
        }
        self.values = values
        self.ground = ground
    }

    /// Which pixels belong to something.
    var mask: [Bool] { strength.map { $0 > Self.threshold } }

    /// The 8-connected parts of the mask, each with its pixels' indices.
    func parts() -> [[Int]] {
        var isLeft = mask
        var parts: [[Int]] = []
        for start in isLeft.indices where isLeft[start] {
            isLeft[start] = false
            var (stack, part) = ([start], [Int]())
            while let pixel = stack.popLast() {
                part.append(pixel)
                for neighbor in Self.neighbors(of: pixel) where isLeft[neighbor] {
                    isLeft[neighbor] = false
                    stack.append(neighbor)
                }
            }
            parts.append(part)
        }
        return parts
    }

    /// The pixel and those around it that lie in the picture.
    private static func neighbors(of pixel: Int) -> [Int] {
        let (row, column) = (pixel / Layout.side, pixel % Layout.side)
        return (max(row - 1, 0)...min(row + 1, Layout.side - 1)).flatMap { row in
            (max(column - 1, 0)...min(column + 1, Layout.side - 1))
                .map { row * Layout.side + $0 }
        }
    }

    /// The mean colour of the two fifths of a part that differ most from the background.
    func meanOfMostDifferent(_ part: [Int]) -> [Double] {
        let sorted = part.map { strength[$0] }.sorted()
        // The quantile at 0.6, between two values by their distance from it.
        let place = Double(sorted.count - 1) * 0.6
        let below = Int(place)
        let above = min(below + 1, sorted.count - 1)
        let limit = sorted[below] + (sorted[above] - sorted[below]) * (place - Double(below))
        let core = part.filter { strength[$0] >= limit }
        return (0..<3).map { channel in
            core.reduce(0) { $0 + Double(values[3 * $1 + channel]) } / Double(core.count)
        }
    }

    /// How much of each pixel around a part is covered, 0...1, by how far it is from the background on
    /// the way to the part's colour.
    func coverage(of part: [Int], mean: [Double]) -> [Double] {
        let direction = zip(mean, ground).map { $0 - $1 }
        let length = direction.reduce(0) { $0 + $1 * $1 }
        var coverage = [Double](repeating: 0, count: strength.count)
        // Of a neighbouring object only what lies beside this part could count: leave out all else.
        for pixel in Set(part.flatMap(Self.neighbors)) {
            let along = (0..<3).reduce(0) { sum, channel in
                sum + (Double(values[3 * pixel + channel]) - ground[channel]) * direction[channel]
            }
            coverage[pixel] = min(max(along / length, 0), 1)
        }
        return coverage
    }
}
