/// Little-endian integers in a byte array whose bounds the caller has checked.
struct ByteReader {
    let bytes: [UInt8]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    var count: Int { bytes.count }

    /// - Precondition: The bytes are there.
    func uint16(at position: Int) -> UInt16 {
        UInt16(bytes[position]) | UInt16(bytes[position + 1]) << 8
    }

    /// - Precondition: The bytes are there.
    func uint32(at position: Int) -> UInt32 {
        UInt32(uint16(at: position)) | UInt32(uint16(at: position + 2)) << 16
    }

    /// - Precondition: The bytes are there.
    func uint64(at position: Int) -> UInt64 {
        UInt64(uint32(at: position)) | UInt64(uint32(at: position + 4)) << 32
    }
}
