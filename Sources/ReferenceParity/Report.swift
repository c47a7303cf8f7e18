import Foundation

/// Compares results with recordings, prints a line for each and counts failures.
final class Report {
    private(set) var comparedCounts: [(kind: String, count: Int)] = []
    private(set) var failures: [String] = []
    private var kind = ""
    private let write: (String) -> Void

    init(write: @escaping (String) -> Void) {
        self.write = write
    }

    var comparedCount: Int { comparedCounts.reduce(0) { $0 + $1.count } }

    /// Starts a kind of recordings.
    func begin(_ kind: String) {
        self.kind = kind
        comparedCounts.append((kind, 0))
        write("\n\(kind)")
        write(
            "  " + Self.pad("tensor", 44) + Self.pad("max abs", 12) + Self.pad("max rel", 12)
                + Self.pad("NMSE", 12) + Self.pad("tolerance", 12) + "result"
        )
    }

    /// Compares numbers.
    ///
    /// - Parameters:
    ///   - name: What is compared.
    ///   - actual: What we computed.
    ///   - expected: What was recorded.
    ///   - tolerance: Largest difference, in units.
    ///   - unit: Unit of the tolerance, where it is relative.
    func compare(
        _ name: String,
        _ actual: [Float],
        _ expected: [Float],
        tolerance: Double,
        relativeTo unit: Double = 1
    ) {
        guard actual.count == expected.count else {
            fail(name, "\(actual.count) values, \(expected.count) recorded")
            return
        }
        var (maximum, maximumRelative, errorSum, sum) = (0.0, 0.0, 0.0, 0.0)
        for (a, e) in zip(actual, expected) {
            let difference = abs(Double(a) - Double(e))
            // A comparison with NaN is false: count it as the worst error instead of none.
            maximum = difference.isNaN ? .infinity : max(maximum, difference)
            maximumRelative = max(maximumRelative, difference / max(abs(Double(e)), 1e-6))
            errorSum += difference * difference
            sum += Double(e) * Double(e)
        }
        let limit = tolerance * unit
        let holds = maximum <= limit
        line(
            name,
            Self.format(maximum),
            Self.format(maximumRelative),
            Self.format(sum > 0 ? errorSum / sum : errorSum),
            Self.format(limit),
            holds
        )
    }

    /// Compares numbers with a tolerance relative to the recorded numbers' root mean square.
    func compareToDeviation(
        _ name: String,
        _ actual: [Float],
        _ expected: [Float],
        _ tolerance: Double
    ) {
        let sum = expected.reduce(0.0) { $0 + Double($1) * Double($1) }
        let unit = (sum / Double(max(1, expected.count))).squareRoot()
        compare(name, actual, expected, tolerance: tolerance, relativeTo: unit)
    }

    /// Compares values that must be equal.
    func compareExactly<Value: Equatable>(_ name: String, _ actual: Value, _ expected: Value) {
        let holds = actual == expected
        line(name, holds ? "equal" : "differs", "", "", "exact", holds)
        if !holds {
            write("    expected \("\(expected)".prefix(Self.shownLength))")
            write("    found    \("\(actual)".prefix(Self.shownLength))")
        }
    }

    /// Records something that could not be compared.
    func fail(_ name: String, _ reason: String) {
        line(name, reason, "", "", "", false)
    }

    /// Says that something was left out, and why.
    func skip(_ name: String, _ reason: String) {
        write("  " + Self.pad(name, 44) + "not compared: \(reason)")
    }

    /// Most characters of a value that differs.
    private static let shownLength = 400

    /// Writes the summary.
    func finish() {
        write("")
        for (kind, count) in comparedCounts { write("  " + Self.pad(kind, 24) + "\(count)") }
        write("\n\(comparedCount) compared, \(failures.count) failed")
        for failure in failures { write("  FAIL \(failure)") }
    }

    private func line(
        _ name: String,
        _ absolute: String,
        _ relative: String,
        _ nmse: String,
        _ tolerance: String,
        _ holds: Bool
    ) {
        comparedCounts[comparedCounts.count - 1].count += 1
        if !holds { failures.append("\(kind): \(name)") }
        write(
            "  " + Self.pad(name, 44) + Self.pad(absolute, 12) + Self.pad(relative, 12)
                + Self.pad(nmse, 12) + Self.pad(tolerance, 12) + (holds ? "ok" : "FAIL")
        )
    }

    private static func format(_ value: Double) -> String {
        value == 0 ? "0" : String(format: "%.2e", value)
    }

    private static func pad(_ text: String, _ width: Int) -> String {
        text.count >= width
            ? text + " " : text + String(repeating: " ", count: width - text.count)
    }
}
