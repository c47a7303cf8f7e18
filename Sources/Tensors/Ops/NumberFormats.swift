internal import CKernels

/// A floating-point format of stored weights.
package enum FloatFormat: String, Sendable, CaseIterable {
    /// IEEE 754 binary32
    case float32 = "f32"
    /// IEEE 754 binary16
    case float16 = "f16"
    /// The upper half of binary32
    case bfloat16 = "bf16"

    /// Size of one number in bytes.
    package var byteCount: Int { self == .float32 ? 4 : 2 }
}

extension Matrix {
    /// Fills a contiguous matrix with stored numbers, converted to 32 bits.
    /// - Precondition: `bytes` holds exactly this matrix's elements.
    package func copy(from bytes: RawSpan, format: FloatFormat) {
        precondition(isContiguous && bytes.byteCount == count * format.byteCount)
        unsafe bytes.withUnsafeBytes { source in
            guard let start = source.baseAddress else { return }
            switch format {
            case .float32:
                unsafe UnsafeMutableRawPointer(base).copyMemory(
                    from: start,
                    byteCount: source.count
                )
            case .float16:
                unsafe ilv_f16_to_f32(base, start.assumingMemoryBound(to: UInt16.self), count)
            case .bfloat16:
                unsafe ilv_bf16_to_f32(base, start.assumingMemoryBound(to: UInt16.self), count)
            }
        }
    }

    /// The elements of a contiguous matrix in a stored format, little-endian.
    package func bytes(as format: FloatFormat) -> [UInt8] {
        precondition(isContiguous)
        let byteCount = count * format.byteCount
        return unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { target, initializedCount in
            if let start = UnsafeMutableRawPointer(target.baseAddress) {
                switch format {
                case .float32:
                    unsafe start.copyMemory(from: base, byteCount: byteCount)
                case .float16:
                    unsafe ilv_f32_to_f16(start.assumingMemoryBound(to: UInt16.self), base, count)
                case .bfloat16:
                    unsafe ilv_f32_to_bf16(start.assumingMemoryBound(to: UInt16.self), base, count)
                }
            }
            initializedCount = byteCount
        }
    }
}
