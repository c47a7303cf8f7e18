import Glibc

/// A point in time as logs have it.
enum Timestamp {
    /// Now, in UTC with milliseconds: `2026-01-31T12:00:00.123Z` (RFC 3339 §5.6).
    static var now: String {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return text(seconds: time.tv_sec, milliseconds: time.tv_nsec / 1_000_000)
    }

    /// A time since 1970.
    static func text(seconds: Int, milliseconds: Int) -> String {
        var (seconds, fields) = (seconds, tm())
        _ = unsafe gmtime_r(&seconds, &fields)
        func digits(_ value: some BinaryInteger, _ count: Int) -> String {
            let text = String(value)
            return String(repeating: "0", count: max(0, count - text.count)) + text
        }
        return """
            \(digits(Int(fields.tm_year) + 1900, 4))-\(digits(fields.tm_mon + 1, 2))-\(digits(fields.tm_mday, 2))T\
            \(digits(fields.tm_hour, 2)):\(digits(fields.tm_min, 2)):\(digits(fields.tm_sec, 2)).\
            \(digits(milliseconds, 3))Z
            """
    }
}
