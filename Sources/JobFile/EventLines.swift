internal import Jobs

/// Events as lines, names and documents in turn: neither has an end of a line within.
enum EventLines {
    private static let end: UInt8 = 0x0A

    /// The bytes of some events.
    static func encode(_ events: [JobLog.Event]) -> [UInt8] {
        var bytes: [UInt8] = []
        for event in events {
            bytes += event.name.utf8
            bytes.append(end)
            bytes += event.data
            bytes.append(end)
        }
        return bytes
    }

    /// The events of some bytes; what is no whole event at the end is none.
    static func decode(_ bytes: [UInt8]) -> [JobLog.Event] {
        let lines = bytes.split(separator: end, omittingEmptySubsequences: false)
        return stride(from: 0, to: lines.count - 2, by: 2).map { index in
            JobLog.Event(
                name: String(decoding: lines[index], as: UTF8.self),
                data: Array(lines[index + 1])
            )
        }
    }
}
