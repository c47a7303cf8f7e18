import Foundation
import Images

/// Bytes of a file in `Fixtures`.
func fixtureBytes(_ name: String) throws -> [UInt8] {
    let url = Bundle.module.bundleURL.appendingPathComponent("Fixtures/\(name)")
    return [UInt8](try Data(contentsOf: url))
}

/// A picture whose samples follow a formula, so that every position matters.
func makePicture(width: Int, height: Int) -> RGBImage {
    var pixels: [UInt8] = []
    for row in 0..<height {
        for column in 0..<width {
            pixels.append(UInt8(truncatingIfNeeded: row * 7 + column * 3))
            pixels.append(UInt8(truncatingIfNeeded: (row * column) >> 2))
            pixels.append(UInt8(truncatingIfNeeded: 255 - column))
        }
    }
    return RGBImage(width: width, height: height, pixels: pixels)
}

/// How two pictures of one size differ.
struct Difference: Equatable {
    var count = 0
    var maximum = 0
}

func difference(_ first: RGBImage, _ second: RGBImage) -> Difference {
    guard first.width == second.width, first.height == second.height else {
        return Difference(count: .max, maximum: .max)
    }
    var difference = Difference()
    for (one, other) in zip(first.pixels, second.pixels) where one != other {
        difference.count += 1
        difference.maximum = max(difference.maximum, abs(Int(one) - Int(other)))
    }
    return difference
}
