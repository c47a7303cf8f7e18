extension StridedTensor {
    /// Whether the view is row-major without gaps, so its bytes can be lent as they are.
    var isContiguous: Bool {
        var expected = 1
        for (size, stride) in zip(shape, strides).reversed() where size != 1 {
            guard stride == expected else { return false }
            expected *= size
        }
        return true
    }

    /// Checks that every element of the view lies in its storage.
    ///
    /// - Throws: ``CheckpointError`` of kind `invalidRange` or `limitExceeded`.
    func checkBounds(_ description: TensorDescription) throws(CheckpointError) {
        func outOfRange() -> CheckpointError {
            CheckpointError(
                .invalidRange,
                tensor: description.name,
                "size \(shape), stride \(strides), offset \(offset) reach outside a storage of "
                    + "\(storage.elementCount) elements"
            )
        }
        guard offset >= 0, offset <= storage.elementCount, strides.allSatisfy({ $0 >= 0 }) else {
            throw outOfRange()
        }
        guard description.elementCount > 0 else { return }
        var last = offset
        for (size, stride) in zip(shape, strides) {
            let (extent, overflow) = (size - 1).multipliedReportingOverflow(by: stride)
            let (sum, sumOverflow) = last.addingReportingOverflow(extent)
            guard !overflow, !sumOverflow else { throw outOfRange() }
            last = sum
        }
        guard last < storage.elementCount else { throw outOfRange() }
        guard
            description.elementCount <= storage.elementCount
                || description.byteCount <= CheckpointLimits.maximumExpandedByteCount
        else {
            throw CheckpointError(
                .limitExceeded,
                tensor: description.name,
                "\(description.byteCount) bytes repeated from a storage of \(storage.elementCount) elements"
            )
        }
    }

    /// Copies the view's elements in row-major order.
    ///
    /// - Precondition: `bytes` is the whole storage and the view has passed `checkBounds`.
    func gather(from bytes: RawSpan, elementCount: Int) -> [UInt8] {
        switch storage.elementType.byteCount {
        case 1: gather(from: bytes, elementCount, as: UInt8.self)
        case 2: gather(from: bytes, elementCount, as: UInt16.self)
        case 4: gather(from: bytes, elementCount, as: UInt32.self)
        default: gather(from: bytes, elementCount, as: UInt64.self)
        }
    }

    private func gather<Bits: BitwiseCopyable>(
        from bytes: RawSpan,
        _ elementCount: Int,
        as type: Bits.Type
    ) -> [UInt8] {
        let width = MemoryLayout<Bits>.size
        // The innermost dimension runs as a plain loop; `index` counts through the outer ones.
        let innerCount = shape.last ?? 1
        let innerStride = strides.last ?? 1
        var index = [Int](repeating: 0, count: max(shape.count - 1, 0))
        return unsafe [UInt8](unsafeUninitializedCapacity: elementCount * width) { target, count in
            guard elementCount > 0 else { return }
            var source = offset
            var written = 0
            unsafe bytes.withUnsafeBytes { storageBytes in
                while true {
                    for inner in 0..<innerCount {
                        let value = unsafe storageBytes.loadUnaligned(
                            fromByteOffset: (source + inner * innerStride) * width,
                            as: Bits.self
                        )
                        unsafe UnsafeMutableRawBufferPointer(target).storeBytes(
                            of: value,
                            toByteOffset: written,
                            as: Bits.self
                        )
                        written += width
                    }
                    var dimension = index.count - 1
                    while dimension >= 0 {
                        index[dimension] += 1
                        source += strides[dimension]
                        if index[dimension] < shape[dimension] { break }
                        source -= shape[dimension] * strides[dimension]
                        index[dimension] = 0
                        dimension -= 1
                    }
                    if dimension < 0 { break }
                }
            }
            count = written
        }
    }
}
