package import Images
internal import World

/// A picture of what was asked and answered, a row per example.
///
/// Left the words: what is given, then the truth and the answer of what is said. Right the pictures:
/// those that are given, then each that was drawn, with the true one small beside it. A green bar is a
/// right answer, a red one a wrong one.
package struct ContactSheet: Sendable {
    private let exhibits: [Exhibit]

    /// A sheet with a row per example.
    ///
    /// - Parameter exhibits: In the order of the rows, at least one.
    package init(_ exhibits: [Exhibit]) {
        self.exhibits = exhibits
    }

    /// Draws the sheet.
    ///
    /// - Precondition: There are exhibits.
    package var image: RGBImage {
        precondition(!exhibits.isEmpty, "a sheet of nothing")
        let rows = exhibits.map(Row.init)
        let width = rows.map(\.width).max() ?? 0
        var canvas = Canvas(
            width: width,
            height: rows.count * Row.height + Row.margin,
            background: Color(0xffffff)
        )
        for (index, row) in rows.enumerated() {
            row.draw(on: &canvas, top: Row.margin + index * Row.height)
        }
        return canvas.image
    }
}

/// One example of a sheet.
private struct Row {
    static let margin = 8
    static let height = 2 * Scene.pictureSide + margin
    private static let textWidth = 516
    private static let lineHeight = 16
    private static let ink = Color(0x222222)
    private static let faint = Color(0x888888)

    /// A picture, and its truth if it was drawn.
    private struct Cell {
        let picture: RGBImage
        var truth: RGBImage?

        var width: Int { 2 * Scene.pictureSide + (truth == nil ? 0 : Scene.pictureSide + 2) }
    }

    private let title: String
    private let words: [(text: String, isGiven: Bool)]
    private let cells: [Cell]
    private let isRight: Bool

    init(_ exhibit: Exhibit) {
        let example = exhibit.example
        var (words, cells) = ([(text: String, isGiven: Bool)](), [Cell]())
        let said = exhibit.answers.compactMap {
            if case .text(let text, _) = $0 { text } else { nil }
        }
        var drawn = exhibit.answers.compactMap { segment -> RGBImage? in
            if case .picture(let picture) = segment { picture.image } else { nil }
        }[...]
        for part in example.parts {
            switch part {
            case .text(let text, false): words.append((text, true))
            case .text(let text, true): words.append(("true: " + text, false))
            case .picture(let scene, true):
                guard let picture = drawn.popFirst() else { continue }
                // What the model says decides what an interleaved picture must show.
                let truth = example.assignment == .interleaved ? nil : scene.picture
                cells.append(Cell(picture: picture.worldSized, truth: truth))
            case .picture(let scene, false): cells.append(Cell(picture: scene.picture))
            case .segmentationMap(let scene): cells.append(Cell(picture: scene.segmentationMap))
            }
        }
        words += said.map { ("said: " + $0, false) }
        title =
            "\(example.assignment.rawValue.replacing("_", with: " ")), \(exhibit.split.rawValue)"
        isRight = exhibit.verdict.isRight
        self.words = words
        self.cells = cells
    }

    var width: Int {
        Self.textWidth + cells.reduce(0) { $0 + $1.width + Self.margin } + Self.margin
    }

    func draw(on canvas: inout Canvas, top: Int) {
        let height = Self.height - Self.margin
        canvas.fill(0, top, 6, height, isRight ? Color(0x2c8a3d) : Color(0xd62728))
        canvas.write(title, 14, top, Self.faint, scale: 1)
        var y = top + 12
        for (text, isGiven) in words {
            for line in Canvas.lines(of: text, width: Self.textWidth - 24)
            where y + Self.lineHeight <= top + height + Self.margin {
                canvas.write(line, 14, y, isGiven ? Self.ink : Color(0x1f5fb4))
                y += Self.lineHeight
            }
        }
        var x = Self.textWidth
        for cell in cells {
            canvas.draw(cell.picture, x, top, scale: 2)
            if let truth = cell.truth {
                canvas.draw(truth, x + 2 * Scene.pictureSide + 2, top)
            }
            x += cell.width + Self.margin
        }
    }
}
