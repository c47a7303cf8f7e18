package import Checkpoints
package import Tensors

/// Whole numbers of a weight as the blocks of a GGUF file, and back without a bit lost.
///
/// Bytes are blocks Q8_0, all of a row with the row's scale. Numbers of four bits are blocks Q4_0, each with the product of
/// the row's scale and the block's multiplier; the scale is the greatest common divisor of these products.
package enum IntegerBlocks {
    /// The type of blocks that holds a layer's weight; nil where its format has no whole numbers, or a row is no whole
    /// number of blocks.
    package static func type(for form: LayerForm) -> GGUFTensorType? {
        let type: GGUFTensorType
        switch form.format {
        case .int8: type = .q8x0
        case .int4: type = .q4x0
        case .f32, .bf16: return nil
        }
        return form.channels % type.blockElementCount == 0 ? type : nil
    }

    /// Rows as blocks, those of a pixel after those of the one before.
    ///
    /// - Precondition: there is a type of blocks for the rows.
    package static func bytes(of rows: IntegerRows) -> [UInt8] {
        let numbers = rows.numbers
        var bytes: [UInt8] = []
        bytes.reserveCapacity(rows.count * rows.window * rows.channels * 9 / 8)
        for row in 0..<rows.count {
            for pixel in 0..<rows.window {
                let first = row * rows.stride + pixel * rows.pixelStride
                for start in stride(from: first, to: first + rows.channels, by: 32) {
                    let multiplier = rows.format == .int4 ? Float(rows.multipliers[start / 32]) : 1
                    let bits = Float16(rows.scales[row] * multiplier).bitPattern
                    bytes.append(UInt8(truncatingIfNeeded: bits))
                    bytes.append(UInt8(truncatingIfNeeded: bits >> 8))
                    if rows.format == .int4 {
                        for index in start..<start + 16 {
                            let low = UInt8(bitPattern: numbers[index] &+ 8)
                            let high = UInt8(bitPattern: numbers[index + 16] &+ 8)
                            bytes.append(low & 15 | high << 4)
                        }
                    } else {
                        for index in start..<start + 32 {
                            bytes.append(UInt8(bitPattern: numbers[index]))
                        }
                    }
                }
            }
        }
        return bytes
    }

    /// Blocks as rows, if they are those of ``bytes(of:)``.
    ///
    /// - Parameters:
    ///   - bytes: All blocks of a weight.
    ///   - type: Their type.
    ///   - count: Number of rows.
    ///   - form: The form of the layer that the weight is of.
    /// - Returns: The rows; nil where their blocks have no common scale, as those of other programs.
    package static func rows(
        from bytes: RawSpan,
        _ type: GGUFTensorType,
        count: Int,
        _ form: LayerForm
    ) -> IntegerRows? {
        guard type == Self.type(for: form) else { return nil }
        var rows = IntegerRows(
            form.format,
            count: count,
            channels: form.channels,
            window: form.window
        )
        let blockCount = count * form.window * form.channels / 32
        guard bytes.byteCount == blockCount * type.blockByteCount else { return nil }
        let isFilled = unsafe bytes.withUnsafeBytes { source in
            unsafe type == .q4x0 ? fillNibbles(&rows, source) : fillBytes(&rows, source)
        }
        return isFilled ? rows : nil
    }

    private static func fillBytes(
        _ rows: inout IntegerRows,
        _ source: UnsafeRawBufferPointer
    ) -> Bool {
        let (blocksOfPixel, size) = (rows.channels / 32, GGUFTensorType.q8x0.blockByteCount)
        let blocksOfRow = rows.window * blocksOfPixel
        let (stride, pixelStride) = (rows.stride, rows.pixelStride)
        for row in 0..<rows.count {
            let start = row * blocksOfRow * size
            let bits = unsafe half(source, start)
            guard let scale = scale(bits) else { return false }
            rows.scales[row] = scale
            let isFilled = unsafe rows.numbers.withUnsafeMutableBytes { target in
                for index in 0..<blocksOfRow {
                    let block = start + index * size
                    guard unsafe half(source, block) == bits else { return false }
                    let place = index / blocksOfPixel * pixelStride + index % blocksOfPixel * 32
                    for word in 0..<4 {
                        let numbers = unsafe source.loadUnaligned(
                            fromByteOffset: block + 2 + 8 * word,
                            as: UInt64.self
                        )
                        // -128 is no number of ours, and some products would not hold it.
                        guard !hasLeastByte(numbers) else { return false }
                        unsafe target.storeBytes(
                            of: numbers,
                            toByteOffset: row * stride + place + 8 * word,
                            as: UInt64.self
                        )
                    }
                }
                return true
            }
            guard isFilled else { return false }
        }
        return true
    }

    /// Whether one of eight bytes is -128: with their highest bits turned that is 0, and only from a 0 is 1 borrowed that sets the
    /// highest bit of a byte that had none.
    private static func hasLeastByte(_ numbers: UInt64) -> Bool {
        let shifted = numbers ^ 0x8080_8080_8080_8080
        return (shifted &- 0x0101_0101_0101_0101) & ~shifted & 0x8080_8080_8080_8080 != 0
    }

    private static func fillNibbles(
        _ rows: inout IntegerRows,
        _ source: UnsafeRawBufferPointer
    ) -> Bool {
        let (blocksOfRow, size) = (rows.channels / 32, GGUFTensorType.q4x0.blockByteCount)
        let stride = rows.stride
        // By the bits of a product; a row has few of them.
        var multipliers = [UInt8](repeating: 0, count: 1 << 16)
        for row in 0..<rows.count {
            let start = row * blocksOfRow * size
            let known = unsafe products(of: source, start, blocksOfRow, &multipliers)
            defer { for bits in known { multipliers[Int(bits)] = 0 } }
            guard let scale = divide(known, &multipliers) else { return false }
            rows.scales[row] = scale
            for index in 0..<blocksOfRow {
                let bits = unsafe half(source, start + index * size)
                rows.multipliers[row * stride / 32 + index] = multipliers[Int(bits)]
            }
            unsafe rows.numbers.withUnsafeMutableBytes { target in
                for index in 0..<blocksOfRow {
                    let pairs = unsafe source.loadUnaligned(
                        fromByteOffset: start + index * size + 2,
                        as: SIMD16<UInt8>.self
                    )
                    let place = row * stride + 32 * index
                    unsafe target.storeBytes(
                        of: SIMD16<Int8>(truncatingIfNeeded: pairs & 15) &- 8,
                        toByteOffset: place,
                        as: SIMD16<Int8>.self
                    )
                    unsafe target.storeBytes(
                        of: SIMD16<Int8>(truncatingIfNeeded: pairs &>> 4) &- 8,
                        toByteOffset: place + 16,
                        as: SIMD16<Int8>.self
                    )
                }
            }
        }
        return true
    }

    /// The different products of scale and multiplier in a row's blocks; their places in the table are no longer 0.
    private static func products(
        of source: UnsafeRawBufferPointer,
        _ start: Int,
        _ blockCount: Int,
        _ table: inout [UInt8]
    ) -> [UInt16] {
        var known: [UInt16] = []
        for index in 0..<blockCount {
            let bits = unsafe half(source, start + index * GGUFTensorType.q4x0.blockByteCount)
            if table[Int(bits)] == 0 {
                table[Int(bits)] = 1
                known.append(bits)
            }
        }
        return known
    }

    /// Divides products by their greatest common divisor.
    ///
    /// - Returns: The divisor, which is the scale; nil if a quotient is no multiplier.
    private static func divide(_ products: [UInt16], _ quotients: inout [UInt8]) -> Float? {
        // Numbers of half precision are whole multiples of the smallest one.
        var divisor = 0
        for bits in products {
            guard let product = scale(bits) else { return nil }
            var rest = Int(product * 0x1p24)
            while rest != 0 { (divisor, rest) = (rest, divisor % rest) }
        }
        // A row of zeros keeps multipliers of 1.
        guard divisor > 0 else { return 0 }
        for bits in products {
            guard let product = scale(bits) else { return nil }
            let quotient = Int(product * 0x1p24) / divisor
            guard (1...15).contains(quotient) else { return nil }
            quotients[Int(bits)] = UInt8(quotient)
        }
        return Float(divisor) * 0x1p-24
    }

    /// A number of half precision that can be a scale: neither negative nor infinite.
    private static func scale(_ bits: UInt16) -> Float? {
        bits < 0x7C00 ? Float(Float16(bitPattern: bits)) : nil
    }

    private static func half(_ source: UnsafeRawBufferPointer, _ offset: Int) -> UInt16 {
        UInt16(littleEndian: unsafe source.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
    }
}
