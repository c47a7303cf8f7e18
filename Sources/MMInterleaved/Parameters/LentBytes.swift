/// Bytes that several threads read at once while they are lent.
///
/// Threads: any, until the call ends in which they were lent.
@safe struct LentBytes: @unchecked Sendable {
    private let bytes: UnsafeRawBufferPointer

    /// Lends bytes for the time of a call.
    ///
    /// - Throws: What `body` throws.
    static func lend<Result>(
        _ bytes: RawSpan,
        _ body: (LentBytes) throws -> Result
    ) rethrows -> Result {
        try unsafe bytes.withUnsafeBytes { try body(unsafe LentBytes(bytes: $0)) }
    }

    /// Number of bytes.
    var count: Int { unsafe bytes.count }

    /// The bytes in a range.
    func withBytes<Result>(in range: Range<Int>, _ body: (RawSpan) -> Result) -> Result {
        precondition(range.lowerBound >= 0 && range.upperBound <= count)
        let part = unsafe UnsafeRawBufferPointer(rebasing: bytes[range])
        return body(unsafe part.bytes)
    }
}
