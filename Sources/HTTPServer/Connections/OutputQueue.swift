/// Bytes on their way out, in order, kept as the arrays they came in.
///
/// Small pieces are joined so that they share a system call; large ones are never copied.
struct OutputQueue {
    /// Pieces are joined up to this size.
    private static let joinedByteCount = 16 * 1024

    private var pieces: [[UInt8]] = []
    private var firstIndex = 0
    private var firstOffset = 0
    /// Bytes not yet removed.
    private(set) var byteCount = 0

    var isEmpty: Bool { byteCount == 0 }

    mutating func append(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        byteCount += bytes.count
        if let last = pieces.indices.last, last >= firstIndex,
            pieces[last].count + bytes.count <= Self.joinedByteCount
        {
            pieces[last] += bytes
        } else {
            pieces.append(bytes)
        }
    }

    /// Lends the first bytes and says whether others follow them.
    ///
    /// - Precondition: The queue is not empty.
    func withFirst<Result, Failure: Error>(
        _ body: (Span<UInt8>, Bool) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        precondition(!isEmpty, "an empty queue has no first bytes")
        let piece = pieces[firstIndex]
        let rest = piece.span.extracting(firstOffset...)
        return try body(rest, firstIndex + 1 < pieces.count)
    }

    /// Removes bytes from the front, at most those that ``withFirst(_:)`` lends.
    mutating func removeFirst(_ count: Int) {
        byteCount -= count
        firstOffset += count
        guard firstOffset == pieces[firstIndex].count else { return }
        pieces[firstIndex] = []
        firstIndex += 1
        firstOffset = 0
        if firstIndex == pieces.count {
            pieces.removeAll(keepingCapacity: pieces.count <= 8)
            firstIndex = 0
        }
    }

    mutating func removeAll() {
        self = OutputQueue()
    }
}
