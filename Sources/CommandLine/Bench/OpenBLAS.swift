import Glibc

/// Somebody else's matrix products, to stand beside ours: OpenBLAS, loaded when it is asked for and only then.
@safe struct OpenBLAS {
    private typealias Product =
        @convention(c) (
            _ order: Int32, _ transposesA: Int32, _ transposesB: Int32,
            _ rows: Int32, _ columns: Int32, _ inner: Int32,
            _ alpha: Float, UnsafePointer<Float>, Int32, UnsafePointer<Float>, Int32,
            _ beta: Float, UnsafeMutablePointer<Float>, Int32
        ) -> Void
    private typealias SetThreadCount = @convention(c) (Int32) -> Void

    private let product: Product

    /// Loads the library; nil where it is not installed.
    init?(threadCount: Int) {
        // Neither closed again: its threads live as long as the process.
        guard let library = unsafe dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL),
            let product = unsafe dlsym(library, "cblas_sgemm"),
            let setThreadCount = unsafe dlsym(library, "openblas_set_num_threads")
        else { return nil }
        unsafe self.product = unsafeBitCast(product, to: Product.self)
        unsafe unsafeBitCast(setThreadCount, to: SetThreadCount.self)(Int32(threadCount))
    }

    /// Single-precision multiplications and additions per second of a large product, the best of five.
    func measureOperationRate() -> Double {
        let side = 2048
        let matrix = [Float](repeating: 0.5, count: side * side)
        var result = [Float](repeating: 0, count: side * side)
        let size = Int32(side)
        let (rowMajor, plain, transposed): (Int32, Int32, Int32) = (101, 111, 112)
        let times = time(5) {
            unsafe product(
                rowMajor,
                plain,
                transposed,
                size,
                size,
                size,
                1,
                matrix,
                size,
                matrix,
                size,
                0,
                &result,
                size
            )
        }
        return 2 * Double(side * side * side) / Measurement.quantile(times, 0)
    }
}
