/// One event of a `text/event-stream` (WHATWG HTML, section "Server-sent events").
package struct ServerSentEvent: Hashable, Sendable {
    /// The name of the event, line ends dropped; nil leaves the default, which is "message".
    package var event: String?
    /// The id a reconnecting client reports, line ends and NUL dropped.
    package var id: String?
    /// The payload; each of its lines becomes a data line of its own.
    package var data: String

    /// Makes an event.
    package init(event: String? = nil, id: String? = nil, data: String) {
        self.event = event
        self.id = id
        self.data = data
    }

    /// The bytes of the event, the empty line that dispatches it included.
    package var encoded: [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(data.utf8.count + 64)
        if let event { Self.appendLine("event: ", event.utf8.filter(Self.isLineByte), to: &output) }
        if let id { Self.appendLine("id: ", id.utf8.filter(Self.isLineByte), to: &output) }
        // CR LF, CR and LF all end a line; a CR LF pair must not leave an empty one behind.
        var line = data.utf8.startIndex
        var index = line
        while index != data.utf8.endIndex {
            let byte = data.utf8[index]
            let next = data.utf8.index(after: index)
            guard byte == carriageReturn || byte == lineFeed else {
                index = next
                continue
            }
            Self.appendLine("data: ", data.utf8[line..<index], to: &output)
            let isPair =
                byte == carriageReturn && next != data.utf8.endIndex && data.utf8[next] == lineFeed
            line = isPair ? data.utf8.index(after: next) : next
            index = line
        }
        Self.appendLine("data: ", data.utf8[line...], to: &output)
        output.append(lineFeed)
        return output
    }

    /// The bytes of an event whose payload is one line that is written in its place: it may be large.
    ///
    /// - Parameters:
    ///   - event: The name of the event, without line ends; nil for the default.
    ///   - id: The id that a reconnecting client reports, without line ends; nil for none.
    ///   - write: Appends the payload, without line ends.
    /// - Returns: The bytes, the empty line that dispatches the event included.
    package static func encoded(
        event: String?,
        id: String? = nil,
        _ write: (inout [UInt8]) -> Void
    ) -> [UInt8] {
        var output: [UInt8] = []
        if let event { appendLine("event: ", event.utf8, to: &output) }
        if let id { appendLine("id: ", id.utf8, to: &output) }
        output += "data: ".utf8
        write(&output)
        output += [lineFeed, lineFeed]
        return output
    }

    /// A comment, which clients ignore: it keeps a silent connection visibly alive.
    package static func comment(_ text: String) -> [UInt8] {
        var output: [UInt8] = []
        appendLine(": ", text.utf8.filter(isLineByte), to: &output)
        output.append(lineFeed)
        return output
    }

    private static func isLineByte(_ byte: UInt8) -> Bool {
        byte != carriageReturn && byte != lineFeed && byte != 0
    }

    private static func appendLine(
        _ name: StaticString,
        _ value: some Sequence<UInt8>,
        to output: inout [UInt8]
    ) {
        output += name.description.utf8
        output += value
        output.append(lineFeed)
    }
}
