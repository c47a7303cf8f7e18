// What can be in a scene. Raw values are the indices of the specification.

/// What an object looks like in outline.
package enum Shape: Int, CaseIterable, Sendable {
    case circle, square, triangle, diamond, star, cross

    /// Its word.
    package var word: String { "\(self)" }
}

/// The colour of an object.
package enum Hue: Int, CaseIterable, Sendable {
    case red, green, blue, yellow, purple, cyan

    /// Its word.
    package var word: String { "\(self)" }

    /// Red, green and blue.
    package var channels: [Int] { Self.palette[rawValue] }

    private static let palette = [
        [220, 50, 47], [60, 170, 70], [50, 90, 220],
        [240, 200, 40], [150, 60, 180], [40, 190, 200],
    ]
}

/// How large an object is.
package enum Size: Int, CaseIterable, Sendable {
    case small, large

    /// Its canonical word.
    package var word: String { "\(self)" }

    /// Its words, the canonical one first.
    package var synonyms: [String] {
        self == .small ? ["small", "little", "tiny"] : ["large", "big", "huge"]
    }

    /// Half the extent in sixteenths of a pixel.
    package var radius: Int { self == .small ? 16 * 6 : 16 * 9 }

    /// The other one.
    package var other: Size { self == .small ? .large : .small }
}

/// A cell of the three by three grid, in reading order.
package enum Cell: Int, CaseIterable, Sendable {
    case topLeft, top, topRight, left, center, right, bottomLeft, bottom, bottomRight

    /// Its canonical words.
    package var words: String { Self.names[rawValue] }

    /// From the left.
    package var column: Int { rawValue % Self.side }
    /// From the top.
    package var row: Int { rawValue / Self.side }

    /// Its centre in pixels.
    package var center: (x: Double, y: Double) {
        (
            Double(Layout.firstCenter + Layout.centerStep * column),
            Double(Layout.firstCenter + Layout.centerStep * row)
        )
    }

    /// Cells in a row.
    static let side = 3

    private static let names = [
        "top left", "top", "top right", "left", "center", "right", "bottom left", "bottom",
        "bottom right",
    ]
}

/// What lies behind the objects.
package enum Background: Int, CaseIterable, Sendable {
    case light, dark

    /// Its canonical word.
    package var word: String { "\(self)" }

    /// Its words, the canonical one first.
    package var synonyms: [String] { self == .light ? ["light", "bright"] : ["dark", "black"] }

    /// Grey levels that it may have.
    package var levels: ClosedRange<Int> {
        let darkest = self == .light ? 216 : 16
        return darkest...darkest + Self.tones.upperBound
    }

    /// How much lighter than the darkest it may be.
    static let tones = 0...31
}

/// Lengths of a picture.
enum Layout {
    /// Columns and rows of a picture.
    static let side = 64
    /// Pixel of the first cell's centre.
    static let firstCenter = 11
    /// Pixels between the centres of neighbouring cells.
    static let centerStep = 21
    /// Farthest that a centre lies from its cell's, in sixteenths of a pixel.
    static let jitter = 16
}
