import Engine
import Testing

@Suite("Histograms")
struct HistogramTests {
    @Test("A value on a bound belongs below it, one above the last bound to the open range")
    func putsValuesIntoRanges() {
        var histogram = Histogram(bounds: [1, 2, 4])
        for value in [0, 1, 1.5, 2, 3, 4, 4.5, 100] { histogram.record(value) }
        #expect(histogram.counts == [2, 2, 2, 2])
        #expect(histogram.count == 8 && histogram.sum == 116)
    }

    @Test("Finds the same range as a search from one end", arguments: [0, 1, 2, 3, 16, 17])
    func findsRange(boundCount: Int) {
        let bounds = (0..<boundCount).map { Double($0) }
        for value in stride(from: -1.0, through: Double(boundCount) + 1, by: 0.25) {
            var histogram = Histogram(bounds: bounds)
            histogram.record(value)
            let expected = bounds.firstIndex { value <= $0 } ?? boundCount
            #expect(histogram.counts.firstIndex(of: 1) == expected, "\(value)")
        }
    }

    @Test("Leaves out what is no number")
    func ignoresNonFinite() {
        var histogram = Histogram(bounds: [1])
        histogram.record(Double.nan)
        histogram.record(Double.infinity)
        #expect(histogram.count == 0 && histogram.sum == 0)
    }

    @Test("Counts times in seconds")
    func countsSeconds() {
        var histogram = Histogram(bounds: [0.01, 0.1])
        histogram.record(.milliseconds(50))
        #expect(histogram.counts == [0, 1, 0])
        #expect(abs(histogram.sum - 0.05) < 1e-12)
    }
}
