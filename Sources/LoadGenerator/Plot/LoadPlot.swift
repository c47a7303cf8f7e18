internal import Simulation
package import Images

/// A picture of a run: how latencies are distributed, and what was done when.
package struct LoadPlot {
    private static let background = Color(0xffffff)
    private static let ink = Color(0x222222)
    private static let grid = Color(0xdddddd)
    private static let colors: [RequestKind: Color] = [
        .caption: Color(0x1f77b4), .picture: Color(0xd6572b), .interleave: Color(0x2c8a3d),
    ]

    private let records: [RequestRecord]
    private let seconds: Double
    private let title: String

    /// Prepares a plot of the records of a run.
    package init(_ records: [RequestRecord], duration: Duration, title: String) {
        self.records = records.filter(\.isCompleted)
        seconds = max(0.001, duration / .seconds(1))
        self.title = title
    }

    /// Draws the plot: first output, time between words, latency, throughput.
    package var image: RGBImage {
        var canvas = Canvas(width: 1200, height: 900, background: Self.background)
        canvas.write(title, 20, 14, Self.ink)
        legend(&canvas)
        let panels = [(20, 70), (610, 70), (20, 490), (610, 490)]
            .map { Panel(x: $0.0, y: $0.1, width: 570, height: 390) }
        distribution("First output (ms), % of requests", panels[0], &canvas) {
            $0.firstOutput.map { [$0] } ?? []
        }
        distribution("Between words (ms), % of words", panels[1], &canvas) { $0.interTokenTimes }
        distribution("End to end (ms), % of requests", panels[2], &canvas) { [$0.latency] }
        throughput(panels[3], &canvas)
        return canvas.image
    }

    private var kinds: [RequestKind] {
        RequestKind.allCases.filter { kind in records.contains { $0.request.arrival.kind == kind } }
    }

    private func legend(_ canvas: inout Canvas) {
        var x = 20
        for kind in kinds {
            let color = Self.colors[kind] ?? Self.ink
            canvas.fill(x, 44, 14, 14, color)
            let count = records.count { $0.request.arrival.kind == kind }
            let label = "\(kind.rawValue) (\(count))"
            canvas.write(label, x + 20, 44, Self.ink)
            x += 50 + Canvas.width(of: label)
        }
    }

    // MARK: - Panels

    /// A place on the canvas with a pair of axes.
    private struct Panel {
        let x: Int
        let y: Int
        let width: Int
        let height: Int

        static let left = 70
        static let top = 26
        static let bottom = 30
        var plotWidth: Int { width - Self.left - 20 }
        var plotHeight: Int { height - Self.top - Self.bottom }

        /// The pixel of a point, both from 0 to 1, the second upwards.
        func pixel(_ horizontal: Double, _ vertical: Double) -> (x: Int, y: Int) {
            (
                x + Self.left + Int((min(max(horizontal, 0), 1) * Double(plotWidth)).rounded()),
                y + Self.top + plotHeight
                    - Int((min(max(vertical, 0), 1) * Double(plotHeight)).rounded())
            )
        }
    }

    /// Draws title, grid and labels.
    ///
    /// - Parameters:
    ///   - name: What the panel shows.
    ///   - panel: Where it lies.
    ///   - maximum: Largest values of both axes.
    ///   - canvas: What is drawn on.
    private func axes(
        _ name: String,
        _ panel: Panel,
        maximum: (horizontal: Double, vertical: Double),
        _ canvas: inout Canvas
    ) {
        canvas.write(name, panel.x + Panel.left, panel.y, Self.ink)
        for tick in 0...4 {
            let share = Double(tick) / 4
            canvas.line(from: panel.pixel(share, 0), to: panel.pixel(share, 1), Self.grid)
            canvas.line(from: panel.pixel(0, share), to: panel.pixel(1, share), Self.grid)
            let below = panel.pixel(share, 0)
            let horizontal = Self.label(maximum.horizontal * share)
            canvas.write(
                horizontal,
                below.x - Canvas.width(of: horizontal) / 2,
                below.y + 8,
                Self.ink
            )
            let beside = panel.pixel(0, share)
            let vertical = Self.label(maximum.vertical * share)
            canvas.write(
                vertical,
                beside.x - Canvas.width(of: vertical) - 4,
                beside.y - BitmapFont.height,
                Self.ink
            )
        }
        canvas.line(from: panel.pixel(0, 0), to: panel.pixel(1, 0), Self.ink)
        canvas.line(from: panel.pixel(0, 0), to: panel.pixel(0, 1), Self.ink)
    }

    /// Draws for each kind the share of values that are not above each time.
    private func distribution(
        _ name: String,
        _ panel: Panel,
        _ canvas: inout Canvas,
        _ times: (RequestRecord) -> [Duration]
    ) {
        let values = kinds.map { kind in
            (
                kind,
                records.filter { $0.request.arrival.kind == kind }.flatMap(times)
                    .map { $0 / .milliseconds(1) }.sorted()
            )
        }.filter { !$0.1.isEmpty }
        let maximum = Self.rounded(values.compactMap(\.1.last).max() ?? 1)
        axes(name, panel, maximum: (maximum, 100), &canvas)
        for (kind, sorted) in values {
            var last = panel.pixel(0, 0)
            // A few hundred points are all that the pixels can show.
            for point in 1...Self.pointCount {
                let share = Double(point) / Double(Self.pointCount)
                let next = panel.pixel(Percentiles.nearestRank(sorted, share) / maximum, share)
                canvas.line(from: last, to: next, Self.colors[kind] ?? Self.ink, thickness: 2)
                last = next
            }
        }
    }

    private static let pointCount = 400

    /// Draws completed requests per second over the course of the run.
    private func throughput(_ panel: Panel, _ canvas: inout Canvas) {
        let binCount = min(60, max(5, Int(seconds)))
        let width = seconds / Double(binCount)
        let rates = kinds.map { kind in
            var counts = [Double](repeating: 0, count: binCount)
            for record in records where record.request.arrival.kind == kind {
                let bin = Int(record.ended / .seconds(1) / width)
                counts[min(max(bin, 0), binCount - 1)] += 1 / width
            }
            return (kind, counts)
        }
        let maximum = Self.rounded(rates.flatMap(\.1).max() ?? 1)
        let end = Self.rounded(seconds)
        axes("Requests per second, over time (s)", panel, maximum: (end, maximum), &canvas)
        for (kind, counts) in rates {
            var last: (x: Int, y: Int)?
            for (bin, rate) in counts.enumerated() {
                let middle = (Double(bin) + 0.5) * width / end
                let next = panel.pixel(middle, rate / maximum)
                canvas.line(
                    from: last ?? next,
                    to: next,
                    Self.colors[kind] ?? Self.ink,
                    thickness: 2
                )
                last = next
            }
        }
    }

    // MARK: - Numbers

    /// The next number above of the form 1, 2, 4, 5 or 8 times a power of ten.
    static func rounded(_ value: Double) -> Double {
        guard value.isFinite, value > 0 else { return 1 }
        var power = 1.0
        while power * 10 <= value { power *= 10 }
        while power > value { power /= 10 }
        return ([1, 2, 4, 5, 8, 10].first { $0 * power >= value } ?? 10) * power
    }

    /// A number in few digits.
    static func label(_ value: Double) -> String {
        if value == value.rounded() && abs(value) < 1_000_000 { return "\(Int(value))" }
        let digits = value >= 10 ? 10.0 : value >= 1 ? 100 : 1000
        return "\((value * digits).rounded() / digits)"
    }
}
