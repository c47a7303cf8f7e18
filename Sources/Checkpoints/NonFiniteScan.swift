/// How many numbers of a tensor are NaN or infinite, and where the first one is.
package struct NonFiniteCount: Sendable, Equatable {
    /// Elements that are not a number.
    package var nanCount: Int
    /// Elements that are plus or minus infinity.
    package var infinityCount: Int
    /// Index of the first such element.
    package var firstIndex: Int?

    package init(nanCount: Int = 0, infinityCount: Int = 0, firstIndex: Int? = nil) {
        self.nanCount = nanCount
        self.infinityCount = infinityCount
        self.firstIndex = firstIndex
    }

    /// Whether there is none.
    package var isEmpty: Bool { nanCount == 0 && infinityCount == 0 }
}

/// Counts NaN and infinity among stored numbers.
///
/// Types: `bytes` holds elements of `elementType`, little endian, any alignment. Integer types give zero.
/// Cost: one pass; allocates nothing.
///
/// - Precondition: `bytes` is a whole number of elements.
package func countNonFinite(in bytes: RawSpan, of elementType: ElementType) -> NonFiniteCount {
    precondition(
        bytes.byteCount % elementType.byteCount == 0,
        "\(bytes.byteCount) bytes are no whole number of \(elementType)"
    )
    return switch elementType {
    case .float16: scan(bytes, infinity: UInt16(0x7c00))
    case .bfloat16: scan(bytes, infinity: UInt16(0x7f80))
    case .float32: scan(bytes, infinity: UInt32(0x7f80_0000))
    case .float64: scan(bytes, infinity: UInt64(0x7ff0_0000_0000_0000))
    case .bool, .uint8, .int8, .uint16, .int16, .uint32, .int32, .uint64, .int64: NonFiniteCount()
    }
}

/// Scans for bit patterns whose magnitude is at or above that of `infinity` (IEEE 754: NaN above it).
private func scan<Bits: FixedWidthInteger & UnsignedInteger & BitwiseCopyable>(
    _ bytes: RawSpan,
    infinity: Bits
) -> NonFiniteCount {
    let magnitude = Bits.max >> 1
    let width = MemoryLayout<Bits>.size
    var result = NonFiniteCount()
    unsafe bytes.withUnsafeBytes { buffer in
        var offset = 0
        while offset < buffer.count {
            let bits = unsafe Bits(
                littleEndian: buffer.loadUnaligned(fromByteOffset: offset, as: Bits.self)
            )
            if bits & magnitude >= infinity {
                if bits & magnitude == infinity {
                    result.infinityCount += 1
                } else {
                    result.nanCount += 1
                }
                if result.firstIndex == nil { result.firstIndex = offset / width }
            }
            offset &+= width
        }
    }
    return result
}
