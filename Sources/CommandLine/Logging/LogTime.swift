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
        var text: [UInt8] = []
        text.reserveCapacity(24)
        func append(_ value: Int, _ count: Int, then end: Unicode.Scalar) {
            var divisor = count == 4 ? 1000 : count == 3 ? 100 : 10
            while divisor > 0 {
                text.append(UInt8(ascii: "0") + UInt8(value / divisor % 10))
                divisor /= 10
            }
            text.append(UInt8(ascii: end))
        }
        append(Int(unsafe fields.tm_year) + 1900, 4, then: "-")
        append(Int(unsafe fields.tm_mon) + 1, 2, then: "-")
        append(Int(unsafe fields.tm_mday), 2, then: "T")
        append(Int(unsafe fields.tm_hour), 2, then: ":")
        append(Int(unsafe fields.tm_min), 2, then: ":")
        append(Int(unsafe fields.tm_sec), 2, then: ".")
        append(milliseconds, 3, then: "Z")
        return String(decoding: text, as: UTF8.self)
    }
}
