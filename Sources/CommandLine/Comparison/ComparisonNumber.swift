import Foundation

/// Numbers of a report as people read them.
enum ComparisonNumber {
    /// An error or a divergence: `1.23e-04`, `0`, `inf`.
    static func error(_ value: Double) -> String {
        value == 0 ? "0" : String(format: "%.2e", value)
    }

    /// A share: `98.44%`.
    static func share(_ value: Double) -> String { String(format: "%.2f%%", 100 * value) }

    /// A ratio in decibels; `equal` where it is infinite.
    static func ratio(_ value: Double) -> String {
        value == .infinity ? "equal" : String(format: "%.1f dB", value)
    }
}
