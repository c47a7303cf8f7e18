/// The bytes of a pickle, read from front to back; every read is checked against the end.
struct PickleInput {
    private let bytes: [UInt8]
    /// The next byte to read.
    private(set) var position = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func readByte() throws(CheckpointError) -> UInt8 {
        guard position < bytes.count else {
            throw CheckpointError(.truncated, offset: position, "the pickle ends without STOP")
        }
        defer { position += 1 }
        return bytes[position]
    }

    mutating func skip(_ count: Int) throws(CheckpointError) {
        guard count <= bytes.count - position else {
            throw CheckpointError(
                .truncated,
                offset: position,
                "the pickle promises \(count) bytes, \(bytes.count - position) are left"
            )
        }
        position += count
    }

    /// An unsigned little-endian integer that fits an `Int`.
    mutating func readCount(byteCount: Int) throws(CheckpointError) -> Int {
        let start = position
        try skip(byteCount)
        var value: UInt64 = 0
        for index in 0..<byteCount { value |= UInt64(bytes[start + index]) << (8 * UInt64(index)) }
        guard let count = Int(exactly: value) else {
            throw CheckpointError(.limitExceeded, offset: start, "a length of \(value)")
        }
        return count
    }

    mutating func readText(_ byteCount: Int) throws(CheckpointError) -> String {
        let start = position
        try skip(byteCount)
        guard let text = String(validating: bytes[start..<position], as: UTF8.self) else {
            throw CheckpointError(.malformed, offset: start, "a string is not valid UTF-8")
        }
        return text
    }

    mutating func readLine() throws(CheckpointError) -> String {
        let start = position
        while try readByte() != 0x0a {}
        guard position - start <= 1024,
            let text = String(validating: bytes[start..<position - 1], as: UTF8.self)
        else { throw CheckpointError(.malformed, offset: start, "a name is too long or not UTF-8") }
        return text
    }

    /// The body of LONG1: a two's complement integer of up to 255 bytes; nil above 8 bytes.
    mutating func readLong() throws(CheckpointError) -> Int? {
        let byteCount = Int(try readByte())
        let start = position
        try skip(byteCount)
        guard byteCount <= 8 else { return nil }
        var value: Int = 0
        for index in 0..<byteCount { value |= Int(bytes[start + index]) << (8 * index) }
        if byteCount > 0, byteCount < 8, bytes[position - 1] & 0x80 != 0 {
            value -= 1 << (8 * byteCount)
        }
        return value
    }
}
