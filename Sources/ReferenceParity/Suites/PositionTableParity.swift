import MMInterleaved
import Tensors

/// Tables of positions: bicubic resizing and sines.
struct PositionTableParity {
    let report: Report

    func run(_ fixture: Fixture) throws {
        for name in fixture.names {
            let parts = name.split(separator: ".").map(String.init)
            switch parts[0] {
            case "abs": try compareResizing(fixture, name, parts[1])
            case "sincos1d": try compareSinusoids(fixture, name, parts)
            default:
                report.skip(name, "checkpoints carry this table; nothing here computes it")
            }
        }
    }

    /// `<side>to<side>` or, with the row of a class token, `cls<side>to<side>` and `cls_same`.
    private func compareResizing(_ fixture: Fixture, _ name: String, _ kind: String) throws {
        guard !kind.hasPrefix("src") else { return }
        let hasClass = kind.hasPrefix("cls")
        let sides = kind.drop { !$0.isNumber }.split(separator: "to").compactMap { Int($0) }
        let sourceName = hasClass ? "abs.srccls" : "abs.src\(sides.first ?? 0)"
        let source = try fixture.tensor(sourceName)
        let expected = try fixture.tensor(name)
        let table = Matrix(rows: source.shape[0], columns: source.shape[1], values: source.values)
        let first = hasClass ? 1 : 0
        func grid(_ rows: Int) -> Grid {
            Grid(side: Int(Double(rows - first).squareRoot().rounded()))
        }
        let resized = Compute.resizedBicubic(
            table.rows(first..<table.rows),
            from: grid(table.rows),
            to: grid(expected.shape[0])
        )
        report.compare(
            name,
            table.rows(0..<first).toArray() + resized.toArray(),
            expected.values,
            tolerance: 2e-6
        )
    }

    /// `sincos1d.<width>.<head | tail | every<n>>` of a table whose length the last rows tell.
    private func compareSinusoids(_ fixture: Fixture, _ name: String, _ parts: [String]) throws {
        let expected = try fixture.tensor(name)
        let (count, width) = (expected.shape[0], expected.shape[1])
        let step = Int(parts[2].drop { !$0.isNumber }) ?? 1
        let tables: [String: Any] = try fixture.value("tensors")
        let meaning: String = try member(try member(tables, name), "meaning")
        // The tail's first row is only told in words: "rows 2032..2047".
        let first = parts[2] == "tail" ? numbers(in: meaning).first ?? 0 : 0
        let table = SinusoidTables.positions(count: first + count * step, width: width)
        let rows = stride(from: first, to: first + count * step, by: step)
        report.compare(
            name,
            rows.flatMap { table.row($0).toArray() },
            expected.values,
            // The argument grows with the row, and its rounding with it.
            tolerance: parts[2] == "head" ? 1e-5 : 2e-4
        )
    }
}

/// The whole numbers in a text.
func numbers(in text: String) -> [Int] {
    text.split { !$0.isNumber }.compactMap { Int($0) }
}
