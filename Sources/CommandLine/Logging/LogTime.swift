import Glibc

/// A point in time as logs have it.
enum LogTime {
    /// Now, in UTC with milliseconds: `2026-01-31T12:00:00.123Z` (RFC 3339 §5.6).
    static var now: String {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return text(seconds: time.tv_sec, milliseconds: time.tv_nsec / 1_000_000)
    }

    /// A time since 1970.
    static func text(seconds: Int, milliseconds: Int) -> String {
        var (seconds, fields) = unsafe (seconds, tm())
        _ = unsafe gmtime_r(&seconds, &fields)
        let date = unsafe [Int(fields.tm_year) + 1900, Int(fields.tm_mon) + 1, Int(fields.tm_mday)]
        let time = unsafe [Int(fields.tm_hour), Int(fields.tm_min), Int(fields.tm_sec)]
        func digits(_ value: Int, _ count: Int = 2) -> String {
            let text = String(value)
            return String(repeating: "0", count: max(0, count - text.count)) + text
        }
        let day = date.map { digits($0) }.joined(separator: "-")
        let clock = time.map { digits($0) }.joined(separator: ":")
        return "\(day)T\(clock).\(digits(milliseconds, 3))Z"
    }
}
