import Checkpoints
import TestSupport
import Testing

@Suite("Scan for numbers that are not finite")
struct NonFiniteScanTests {
    private func count(_ bytes: [UInt8], _ type: ElementType) -> NonFiniteCount {
        countNonFinite(in: unsafe bytes.span.bytes, of: type)
    }

    @Test("Counts NaN and infinity of every float type and finds the first")
    func countsEachType() {
        let expected = NonFiniteCount(nanCount: 1, infinityCount: 2, firstIndex: 1)
        #expect(
            count(
                littleEndian([1, .infinity, .nan, -.infinity, .greatestFiniteMagnitude]),
                .float32
            )
                == expected
        )
        let doubles: [Double] = [1, -.infinity, .nan, .infinity, -.greatestFiniteMagnitude]
        #expect(count(doubles.flatMap { littleEndian($0.bitPattern) }, .float64) == expected)
        let halves: [UInt16] = [0x7bff, 0x7c00, 0xfe00, 0xfc00, 0x8001]
        #expect(count(halves.flatMap { littleEndian($0) }, .float16) == expected)
        let brains: [UInt16] = [0x7f7f, 0xff80, 0x7fc1, 0x7f80, 0x8001]
        #expect(count(brains.flatMap { littleEndian($0) }, .bfloat16) == expected)
    }

    @Test("Finds nothing in finite numbers and integers")
    func findsNothing() {
        #expect(count(littleEndian([0, -0, 1e38, .leastNonzeroMagnitude]), .float32).isEmpty)
        #expect(count([255, 255, 255, 255], .int32).isEmpty)
        #expect(count([], .float16).isEmpty)
    }
}
