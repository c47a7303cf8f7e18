/// Blocks of 32 numbers with a scale, as single numbers.
enum GGUFBlocks {
    /// The numbers of all blocks, in order.
    ///
    /// - Parameters:
    ///   - bytes: Whole blocks.
    ///   - type: A type of blocks.
    /// - Returns: 32 numbers for each.
    static func numbers(of bytes: RawSpan, _ type: GGUFTensorType) -> [Float] {
        let blockCount = bytes.byteCount / type.blockByteCount
        var numbers: [Float] = []
        numbers.reserveCapacity(blockCount * type.blockElementCount)
        for block in 0..<blockCount {
            let start = block * type.blockByteCount
            let bits = UInt16(byte(bytes, start)) | UInt16(byte(bytes, start + 1)) << 8
            let scale = Float(Float16(bitPattern: bits))
            switch type {
            case .q4x0:
                for index in 0..<16 {
                    numbers.append(scale * Float(Int(byte(bytes, start + 2 + index) & 15) - 8))
                }
                for index in 0..<16 {
                    numbers.append(scale * Float(Int(byte(bytes, start + 2 + index) >> 4) - 8))
                }
            default:
                for index in 0..<32 {
                    let value = Int8(bitPattern: byte(bytes, start + 2 + index))
                    numbers.append(scale * Float(value))
                }
            }
        }
        return numbers
    }

    private static func byte(_ bytes: RawSpan, _ offset: Int) -> UInt8 {
        unsafe bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }
}
