internal import CZlib

/// What a gzip stream stands for (RFC 1952); nil if it is none, or has not exactly so many bytes in it.
package func gunzip(_ bytes: [UInt8], byteCount: Int) -> [UInt8]? {
    var (stream, input) = unsafe (z_stream(), bytes)
    // One byte more than expected shows a stream that goes on.
    var output = [UInt8](repeating: 0, count: byteCount + 1)
    let size = unsafe Int32(MemoryLayout<z_stream>.size)
    guard unsafe inflateInit2_(&stream, MAX_WBITS + 16, ZLIB_VERSION, size) == Z_OK else {
        return nil
    }
    defer { unsafe _ = inflateEnd(&stream) }
    let status = unsafe input.withUnsafeMutableBufferPointer { source in
        unsafe output.withUnsafeMutableBufferPointer { target in
            unsafe stream.next_in = source.baseAddress
            unsafe stream.avail_in = UInt32(source.count)
            unsafe stream.next_out = target.baseAddress
            unsafe stream.avail_out = UInt32(target.count)
            return unsafe inflate(&stream, Z_FINISH)
        }
    }
    guard unsafe status == Z_STREAM_END && stream.avail_out == 1 else { return nil }
    return output.dropLast()
}

/// The bytes of a gzip stream, by the length that its end tells.
package func gunzip(_ bytes: [UInt8]) -> [UInt8]? {
    guard bytes.count > 18 else { return nil }
    let length = bytes.suffix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
    return length < 1 << 28 ? gunzip(bytes, byteCount: length) : nil
}
