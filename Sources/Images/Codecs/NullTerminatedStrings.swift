/// Strings laid out for a C function that takes an array of `const char *`.
///
/// All bytes lie in one array; the pointers are made for the time of a call and never leave it.
struct NullTerminatedStrings {
    private var bytes: [CChar] = []
    private var starts: [Int] = []

    /// - Precondition: No string contains NUL.
    init(_ strings: [String]) {
        for string in strings {
            starts.append(bytes.count)
            bytes += string.utf8CString
        }
    }

    /// Lends one pointer per string.
    func withPointers<Result>(
        _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> Result
    ) -> Result {
        unsafe bytes.withUnsafeBufferPointer { buffer in
            let pointers = unsafe starts.map { start in
                unsafe buffer.baseAddress.map { unsafe $0 + start }
            }
            return unsafe pointers.withUnsafeBufferPointer { unsafe body($0.baseAddress) }
        }
    }
}
