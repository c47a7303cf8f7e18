internal import CZlib

/// The format of RFC 1952, as a coding of HTTP's contents (RFC 9110 §8.4.1.3).
package enum Gzip {
    /// How much time is spent on making it small.
    package enum Effort: Int32, Sendable {
        /// For what is made once for one reader.
        case fast = 1
        /// For what is kept for many.
        case thorough = 6
    }

    /// zlib's number for a window of the largest size, and 16 for a gzip header and trailer around it.
    private static let windowBits = MAX_WBITS + 16
    /// zlib's usual choice between memory and speed (deflateInit2).
    private static let memoryLevel: Int32 = 8

    /// Compresses bytes.
    ///
    /// Cost: tens of milliseconds a megabyte with `fast`, and a quarter of a megabyte of memory meanwhile.
    ///
    /// - Returns: The compressed bytes; nil if they would be no fewer, or there is no memory for it.
    package static func compress(_ bytes: [UInt8], _ effort: Effort) -> [UInt8]? {
        guard let count = UInt32(exactly: bytes.count) else { return nil }
        var stream = unsafe z_stream()
        guard
            unsafe deflateInit2_(
                &stream,
                effort.rawValue,
                Z_DEFLATED,
                windowBits,
                memoryLevel,
                Z_DEFAULT_STRATEGY,
                ZLIB_VERSION,
                Int32(MemoryLayout<z_stream>.size)
            ) == Z_OK
        else { return nil }
        defer { unsafe _ = deflateEnd(&stream) }
        var input = bytes
        var isDone = false
        let output = unsafe [UInt8](unsafeUninitializedCapacity: bytes.count) { target, filled in
            unsafe input.withUnsafeMutableBufferPointer { source in
                unsafe stream.next_in = source.baseAddress
                unsafe stream.avail_in = count
                unsafe stream.next_out = target.baseAddress
                unsafe stream.avail_out = count
                isDone = unsafe deflate(&stream, Z_FINISH) == Z_STREAM_END
            }
            filled = unsafe Int(count - stream.avail_out)
        }
        return isDone && output.count < bytes.count ? output : nil
    }
}
