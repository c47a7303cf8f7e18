import Compression
import TestSupport
import Testing

@Suite("Gzip")
struct GzipTests {
    @Test(
        "What is compressed expands to the same bytes, and is smaller",
        arguments: [Gzip.Effort.fast, .thorough],
        [100, 4096, 1_000_000]
    )
    func repeats(effort: Gzip.Effort, count: Int) throws {
        let words = Array("{\"type\":\"text\",\"text\":\"a red circle\"},".utf8)
        let bytes = (0..<count).map { words[$0 % words.count] }
        let compressed = try #require(Gzip.compress(bytes, effort))
        #expect(compressed.count < bytes.count)
        #expect(gunzip(compressed) == bytes)
    }

    @Test("What cannot be made smaller is not compressed")
    func leavesNoise() {
        var generator = SystemRandomNumberGenerator()
        let noise = (0..<100_000).map { _ in UInt8.random(in: 0...255, using: &generator) }
        #expect(Gzip.compress(noise, .fast) == nil)
        #expect(Gzip.compress([], .fast) == nil)
        #expect(Gzip.compress([1], .thorough) == nil)
    }
}
