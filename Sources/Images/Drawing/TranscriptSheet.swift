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
    private static let lineHeight = 18
    private static let margin = 12
    private static let barHeight = 4
    private static let given = Color(0x999999)
    private static let written = Color(0x222222)
    private static let answered = Color(0x1f5fb4)

    /// A sheet of rows.
    ///
    /// - Parameter rows: From top to bottom.
    package init(_ rows: [[Element]]) {
        self.rows = rows
    }

    /// Draws the sheet.
    package var image: RGBImage {
        let rows = rows.map { $0.map(Cell.init) }
        let heights = rows.map { row in row.map(\.height).max() ?? 0 }
        let widths = rows.map { row in row.reduce(0) { $0 + $1.width + Self.margin } }
        let step = Self.barHeight + 2 * Self.margin
        var canvas = Canvas(
            width: Self.margin + (widths.max() ?? 0),
            height: Self.margin + heights.reduce(0) { $0 + $1 + step },
            background: Color(0xffffff)
        )
        var top = Self.margin
        for (row, height) in zip(rows, heights) {
            var left = Self.margin
            for cell in row {
                cell.draw(on: &canvas, left, top)
                canvas.fill(
                    left,
                    top + height + Self.barHeight,
                    cell.width,
                    Self.barHeight,
                    cell.isAnswer ? Self.answered : Self.given
                )
                left += cell.width + Self.margin
            }
            top += height + step
        }
        return canvas.image
    }

    /// An element at the size that it is shown.
    private struct Cell {
        let width: Int
        let height: Int
        let isAnswer: Bool
        private let shown: Shown

        private enum Shown {
            case lines([String])
            case picture(RGBImage)
        }

        init(_ element: Element) {
            isAnswer = element.isAnswer
            switch element.content {
            case .text(let text):
                let lines = Canvas.lines(of: text, width: textWidth)
                width = lines.map { Canvas.width(of: $0) }.max() ?? 0
                height = lineHeight * lines.count
                shown = .lines(lines)
            case .picture(let picture):
                // Small pictures grow by whole factors, large ones shrink to the side of a cell.
                let longest = max(picture.width, picture.height)
                if longest <= cellSide {
                    width = picture.width * (cellSide / longest)
                    height = picture.height * (cellSide / longest)
                    shown = .picture(picture)
                } else {
                    width = max(1, picture.width * cellSide / longest)
                    height = max(1, picture.height * cellSide / longest)
                    shown = .picture(
                        picture.resized(width: width, height: height, filter: .bicubic)
                    )
                }
            }
        }

        func draw(on canvas: inout Canvas, _ left: Int, _ top: Int) {
            switch shown {
            case .lines(let lines):
                for (index, line) in lines.enumerated() {
                    canvas.write(
                        line,
                        left,
                        top + index * lineHeight,
                        isAnswer ? answered : written
                    )
                }
            case .picture(let picture):
                canvas.draw(picture, left, top, scale: width / picture.width)
            }
        }
    }
}
