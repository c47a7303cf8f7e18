import Foundation

/// Compares results with recordings, prints a line for each and counts failures.
final class Report {
    private(set) var comparedCount = 0
    private(set) var failures: [String] = []
    private var kind = ""

    /// Starts a kind of recordings.
    func begin(_ kind: String) {
        self.kind = kind
        print("\n\(kind)")
        print(
            "  " + Self.pad("tensor", 44) + Self.pad("max abs", 12) + Self.pad("max rel", 12)
                + Self.pad("NMSE", 12) + Self.pad("tolerance", 12) + "result"
        )
    }

    /// Compares numbers.
    ///
    /// - `relativeTo`: Unit of the tolerance, where it is relative.
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

    /// Compares values that must be equal.
    func compareExactly<Value: Equatable>(_ name: String, _ actual: Value, _ expected: Value) {
        let holds = actual == expected
        line(name, holds ? "equal" : "differs", "", "", "exact", holds)
        if !holds {
            print("    expected \(expected)\n    found    \(actual)")
        }
    }

    /// Records something that could not be compared.
    func fail(_ name: String, _ reason: String) {
        line(name, reason, "", "", "", false)
    }

    /// Says that something was left out, and why.
    func skip(_ name: String, _ reason: String) {
        print("  " + Self.pad(name, 44) + "not compared: \(reason)")
    }

    /// Prints the summary; returns whether all held.
    func finish() -> Bool {
        print("\n\(comparedCount) compared, \(failures.count) failed")
        for failure in failures { print("  FAIL \(failure)") }
        return failures.isEmpty && comparedCount > 0
    }

    private func line(
        _ name: String,
        _ absolute: String,
        _ relative: String,
        _ nmse: String,
        _ tolerance: String,
        _ holds: Bool
    ) {
        comparedCount += 1
        if !holds { failures.append("\(kind): \(name)") }
        print(
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
