package import HTTPWire

/// Reads one HTTP/1.1 response as its bytes arrive, in pieces of any size.
///
/// Understands what our server sends: a body of known length, in chunks, up to the end of the connection,
/// or none. Interim responses (1xx) are passed over.
/// Source: RFC 9112 §6.
package struct ResponseReader: Sendable {
    /// Why bytes are no response.
    package struct Fault: Error, Hashable, Sendable, CustomStringConvertible {
        /// What is wrong.
        package let description: String
    }

    private enum State: Hashable {
        case statusLine, fields, body(remaining: Int), toEnd, chunkSize, chunk(remaining: Int)
        case chunkEnd, trailers, done
    }

    /// The code of the status line; 0 before it has come.
    package private(set) var status = 0
    /// The header fields.
    package private(set) var fields = HeaderFields()
    /// Whether the connection may be used for another request.
    package private(set) var isReusable = false

    private var state = State.statusLine
    private var line: [UInt8] = []

    /// Before the first byte.
    package init() {}

    /// Whether the response has come completely.
    package var isComplete: Bool { state == .done }

    private static let maximumLineByteCount = 64 * 1024
    private static let maximumFieldCount = 256

    /// Takes bytes; returns the pieces of the body among them.
    package mutating func read(
        _ bytes: ArraySlice<UInt8>
    ) throws(Fault) -> [ArraySlice<UInt8>] {
        var rest = bytes
        var pieces: [ArraySlice<UInt8>] = []
        while !rest.isEmpty {
            switch state {
            case .body(let remaining):
                let piece = rest.prefix(remaining)
                rest = rest.dropFirst(piece.count)
                state = piece.count == remaining ? .done : .body(remaining: remaining - piece.count)
                pieces.append(piece)
            case .chunk(let remaining):
                let piece = rest.prefix(remaining)
                rest = rest.dropFirst(piece.count)
                state =
                    piece.count == remaining
                    ? .chunkEnd : .chunk(remaining: remaining - piece.count)
                pieces.append(piece)
            case .toEnd:
                pieces.append(rest)
                rest = []
            case .done: throw Fault(description: "bytes after the end of the response")
            default:
                let end = rest.firstIndex(of: 0x0A) ?? rest.endIndex
                line += rest[..<end]
                guard line.count <= Self.maximumLineByteCount else {
                    throw Fault(
                        description: "a line of more than \(Self.maximumLineByteCount) bytes"
                    )
                }
                guard end < rest.endIndex else { return pieces }
                rest = rest[(end + 1)...]
                if line.last == 0x0D { line.removeLast() }
                let text = String(decoding: line, as: UTF8.self)
                line.removeAll(keepingCapacity: true)
                try take(text)
            }
        }
        return pieces
    }

    /// Takes note of the end of the connection.
    ///
    /// - Throws: ``Fault`` if the response is not complete.
    package mutating func end() throws(Fault) {
        if state == .toEnd { state = .done }
        guard state == .done else { throw Fault(description: "the connection ended early") }
        isReusable = false
    }

    // MARK: - Lines

    private mutating func take(_ line: String) throws(Fault) {
        switch state {
        case .statusLine:
            let parts = line.split(separator: " ", maxSplits: 2)
            guard parts.count >= 2, parts[0].hasPrefix("HTTP/1."), let code = Int(parts[1]),
                (100...599).contains(code)
            else { throw Fault(description: "no status line: \(line.prefix(80))") }
            status = code
            fields = HeaderFields()
            state = .fields
        case .fields:
            guard line.isEmpty else {
                guard let colon = line.firstIndex(of: ":") else {
                    throw Fault(description: "no header field: \(line.prefix(80))")
                }
                guard fields.count < Self.maximumFieldCount else {
                    throw Fault(description: "more than \(Self.maximumFieldCount) header fields")
                }
                let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
                return fields.append(String(line[..<colon]), String(value))
            }
            try beginBody()
        case .chunkSize:
            let digits = line.prefix { $0 != ";" && $0 != " " }
            guard let size = Int(digits, radix: 16), size >= 0 else {
                throw Fault(description: "no size of a chunk: \(line.prefix(80))")
            }
            state = size == 0 ? .trailers : .chunk(remaining: size)
        case .chunkEnd:
            guard line.isEmpty else { throw Fault(description: "a chunk longer than its size") }
            state = .chunkSize
        case .trailers: if line.isEmpty { state = .done }
        case .body, .chunk, .toEnd, .done: break
        }
    }

    private mutating func beginBody() throws(Fault) {
        isReusable = !fields.hasToken("close", in: "connection")
        if status < 200 {
            state = .statusLine
        } else if status == 204 || status == 304 {
            state = .done
        } else if fields.hasToken("chunked", in: "transfer-encoding") {
            state = .chunkSize
        } else if let value = fields["content-length"] {
            guard let length = Int(value), length >= 0 else {
                throw Fault(description: "no length: \(value.prefix(80))")
            }
            state = length == 0 ? .done : .body(remaining: length)
        } else {
            state = .toEnd
            isReusable = false
        }
    }
}
