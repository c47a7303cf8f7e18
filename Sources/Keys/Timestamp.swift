package import Foundation

/// Moments as the files write them: seconds in UTC (RFC 3339).
package enum Timestamp {
    /// Writes `2027-01-31T12:00:00Z`.
    package static func text(_ date: Date) -> String { date.formatted(.iso8601) }

    /// Reads what ``text(_:)`` writes, or a day alone, which stands for its beginning; nil is neither.
    package static func date(_ text: String) -> Date? {
        let digits = Array(text.utf8)
        // Exactly these forms, of which every year has four digits: what is further is taken for a slip.
        guard digits.count == 20 || digits.count == 10 else { return nil }
        let full = digits.count == 10 ? text + "T00:00:00Z" : text
        guard let date = try? Date(full, strategy: .iso8601), Self.text(date) == full else {
            return nil
        }
        return date
    }
}
