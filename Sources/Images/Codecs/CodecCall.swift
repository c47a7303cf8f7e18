import CImageCodecs

/// Calls a codec of the C target and turns its status and message into an ``ImageError``.
///
/// The message buffer lives for the one call; nothing of it is kept.
enum CodecCall {
    /// Runs `body` with a message buffer and throws unless it returns `ILV_CODEC_OK`.
    static func run(
        _ format: ImageFormat,
        _ body: (UnsafeMutablePointer<CChar>) -> Int32
    ) throws(ImageError) {
        let capacity = Int(ILV_CODEC_MESSAGE_LENGTH)
        let (status, message) = unsafe withUnsafeTemporaryAllocation(
            of: CChar.self,
            capacity: capacity
        ) { buffer -> (Int32, String) in
            unsafe buffer.initialize(repeating: 0)
            guard let start = buffer.baseAddress else {
                return (Int32(ILV_CODEC_OUT_OF_MEMORY), "")
            }
            let status = unsafe body(start)
            return (status, unsafe String(cString: start))
        }
        guard status != ILV_CODEC_OK else { return }
        let kind: ImageError.Kind =
            switch Int(status) {
            case ILV_CODEC_TRUNCATED: .truncated
            case ILV_CODEC_UNSUPPORTED: .unsupported
            case ILV_CODEC_OUT_OF_MEMORY: .outOfMemory
            case ILV_CODEC_LIMIT: .limitExceeded
            default: .malformed
            }
        throw ImageError(kind, format: format, message)
    }

    /// Runs an encoder and copies its output.
    static func runEncoder(
        _ format: ImageFormat,
        _ body: (
            UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>, UnsafeMutablePointer<Int>,
            UnsafeMutablePointer<CChar>
        ) -> Int32
    ) throws(ImageError) -> [UInt8] {
        var output: UnsafeMutablePointer<UInt8>?
        var count = 0
        defer { unsafe ilv_codec_free(output) }
        try unsafe run(format) { message in unsafe body(&output, &count, message) }
        return unsafe [UInt8](UnsafeBufferPointer(start: output, count: count))
    }
}
