/// Reads `text/event-stream` bytes as they arrive, in pieces of any size.
///
/// Lines may end in LF, CR LF or CR; comments and fields other than `event` and `data` are passed over.
/// Source: WHATWG HTML, "Interpreting an event stream".
package struct EventReader: Sendable {
    /// An event.
    package struct Event: Hashable, Sendable {
        /// Its name; `message` if it has none.
        package let name: String
        /// Its data lines, joined with LF.
        package let data: [UInt8]
    }

    private var line: [UInt8] = []
    private var name: [UInt8] = []
    private var data: [UInt8] = []
    private var hasData = false
    private var lastWasCarriageReturn = false

    /// At the beginning of a stream.
    package init() {}

    /// Takes bytes; calls `body` with every event that they complete.
    package mutating func read(
        _ bytes: some Sequence<UInt8>,
        _ body: (Event) throws -> Void
    ) rethrows {
        for byte in bytes {
            let wasCarriageReturn = lastWasCarriageReturn
            lastWasCarriageReturn = byte == 0x0D
            switch byte {
            // The second half of CR LF ends no other line.
            case 0x0A where wasCarriageReturn: break
            case 0x0A, 0x0D: if let event = endLine() { try body(event) }
            default: line.append(byte)
            }
        }
    }

    private mutating func endLine() -> Event? {
        defer { line.removeAll(keepingCapacity: true) }
        guard !line.isEmpty else { return dispatch() }
        let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
        var value = line[colon...].dropFirst()
        if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
        if line[..<colon].elementsEqual("event".utf8) {
            name = Array(value)
        } else if line[..<colon].elementsEqual("data".utf8) {
            if hasData { data.append(0x0A) }
            data += value
            hasData = true
        }
        return nil
    }

    private mutating func dispatch() -> Event? {
        defer {
            name = []
            data = []
            hasData = false
        }
        guard hasData else { return nil }
        return Event(
            name: name.isEmpty ? "message" : String(decoding: name, as: UTF8.self),
            data: data
        )
    }
}
