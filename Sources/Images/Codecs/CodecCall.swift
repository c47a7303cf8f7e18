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
            case ILV_CODEC_STOPPED: .stopped
            default: .malformed
            }
        throw ImageError(kind, format: format, message)
    }

    /// Runs a decoder that asks every now and then whether to go on.
    static func run(
        _ format: ImageFormat,
        shouldStop: () -> Bool,
        _ body: (
            ilv_codec_poll, UnsafeMutableRawPointer, UnsafeMutablePointer<CChar>
        ) -> Int32
    ) throws(ImageError) {
        // The C function's context is the closure itself, which outlives the call.
        try withoutActuallyEscaping(shouldStop) { shouldStop throws(ImageError) in
            var question = shouldStop
            try unsafe run(format) { message in
                unsafe withUnsafeMutablePointer(to: &question) { context in
                    unsafe body(
                        { context in
                            guard let context = unsafe context else { return 0 }
                            let question = unsafe context.assumingMemoryBound(
                                to: (() -> Bool).self
                            )
                            return unsafe question.pointee() ? 1 : 0
                        },
                        UnsafeMutableRawPointer(context),
                        message
                    )
                }
            }
        }
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
