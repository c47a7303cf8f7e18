import TestSupport
import Testing

@testable import Checkpoints

@Suite("Mapped files")
struct MappedFileTests {
    @Test(
        "All of a range is asked for ahead, in pieces of which the system leaves nothing out",
        arguments: [0..<0, 0..<1, 5..<(128 << 10), 4096..<(24 << 20), 777..<(1 << 20) + 777]
    )
    func readsAhead(range: Range<Int>) throws {
        let pieces = MappedFile.readAheadPieces(of: range)
        #expect(zip(pieces, pieces.dropFirst()).allSatisfy { $0.upperBound == $1.lowerBound })
        #expect(pieces.isEmpty == range.isEmpty)
        #expect(pieces.first?.lowerBound ?? range.lowerBound == range.lowerBound)
        #expect(pieces.last?.upperBound ?? range.upperBound == range.upperBound)
        // Linux reads at least this much, on a device that nobody has set otherwise.
        #expect(pieces.allSatisfy { !$0.isEmpty && $0.count <= 128 << 10 })
    }

    @Test("A file that is asked for ahead reads as before")
    func readsTheSame() throws {
        let directory = try TemporaryDirectory()
        let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 * 7) }
        let file = try MappedFile(path: directory.write(bytes, to: "file"))
        file.prefetch(1..<299_999)
        #expect(file.copyBytes(in: 0..<300_000) == bytes)
    }
}
