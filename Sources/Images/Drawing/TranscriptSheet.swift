/// Requests and their answers as one picture: a row each, texts and pictures from left to right.
///
/// What was given stands above a grey bar, what was answered above a blue one.
package struct TranscriptSheet: Sendable {
    /// A text or a picture.
    package enum Content: Sendable {
        /// Words.
        case text(String)
        /// A picture of any size; large ones are made smaller.
        case picture(RGBImage)
    }

    /// A part of a row.
    package struct Element: Sendable {
        /// What it shows.
        package let content: Content
        /// Whether it belongs to the answer.
        package let isAnswer: Bool

        /// A part of a row.
        package init(_ content: Content, isAnswer: Bool) {
            self.content = content
            self.isAnswer = isAnswer
        }
    }

    private let rows: [[Element]]

    private static let cellSide = 128
    private static let textWidth = 204
    private static let lineHeight = 16
    private static let margin = 12
    private static let barHeight = 4
    private static let given = Color(0x999999)
    private static let answered = Color(0x1f5fb4)

    /// - `rows`: From top to bottom.
    package init(_ rows: [[Element]]) {
        self.rows = rows
    }

    /// Draws the sheet.
    package var image: RGBImage {
        let heights = rows.map { row in row.map(Self.height).max() ?? 0 }
        let widths = rows.map { row in row.reduce(0) { $0 + Self.width($1) + Self.margin } }
        let step = Self.barHeight + 2 * Self.margin
        var canvas = Canvas(
            width: Self.margin + (widths.max() ?? 0),
            height: Self.margin + heights.reduce(0) { $0 + $1 + step },
            background: Color(0xffffff)
        )
        var top = Self.margin
        for (row, height) in zip(rows, heights) {
            var left = Self.margin
            for element in row {
                Self.draw(element, on: &canvas, left, top)
                canvas.fill(
                    left,
                    top + height + Self.barHeight,
                    Self.width(element),
                    Self.barHeight,
                    element.isAnswer ? Self.answered : Self.given
                )
                left += Self.width(element) + Self.margin
            }
            top += height + step
        }
        return canvas.image
    }

    private static func draw(_ element: Element, on canvas: inout Canvas, _ left: Int, _ top: Int) {
        switch element.content {
        case .text(let text):
            for (index, line) in Canvas.lines(of: text, width: textWidth).enumerated() {
                let color = element.isAnswer ? answered : Color(0x222222)
                canvas.write(line, left, top + index * lineHeight, color)
            }
        case .picture(let picture):
            let (width, height) = fitted(picture)
            let shown =
                picture.width > width || picture.height > height
                ? picture.resized(width: width, height: height, filter: .bicubic) : picture
            canvas.draw(shown, left, top, scale: width / shown.width)
        }
    }

    private static func width(_ element: Element) -> Int {
        switch element.content {
        case .text(let text):
            Canvas.lines(of: text, width: textWidth).map { Canvas.width(of: $0) }.max() ?? 0
        case .picture(let picture): fitted(picture).width
        }
    }

    private static func height(_ element: Element) -> Int {
        switch element.content {
        case .text(let text):
            lineHeight * Canvas.lines(of: text, width: textWidth).count
        case .picture(let picture): fitted(picture).height
        }
    }

    /// Small pictures grow by whole factors, large ones shrink to the side of a cell.
    private static func fitted(_ picture: RGBImage) -> (width: Int, height: Int) {
        let longest = max(picture.width, picture.height)
        guard longest > cellSide else {
            let scale = max(1, cellSide / longest)
            return (picture.width * scale, picture.height * scale)
        }
        return (
            max(1, picture.width * cellSide / longest), max(1, picture.height * cellSide / longest)
        )
    }
}
