import COpenBLAS
import Tensors

/// What this machine can do at best, measured in the same run as everything else.
struct MachinePeaks: Encodable {
    /// Multiplications and additions per second of a large single-precision matrix product by OpenBLAS,
    /// on as many threads: a yardstick that is not our own.
    let operationsPerSecond: Double
    /// Bytes per second of reading a matrix larger than every cache once.
    let bytesPerSecond: Double

    private enum CodingKeys: String, CodingKey {
        case operationsPerSecond = "gemm_flops_per_second"
        case bytesPerSecond = "read_bytes_per_second"
    }

    /// Takes about a second.
    init(_ compute: Compute) {
        operationsPerSecond = Self.productsPerSecond(threadCount: compute.pool.workerCount)

        // 512 MiB: the product with one row reads every element exactly once.
        let large = Matrix(rows: 16384, columns: 8192)
        large.fill(0.5)
        let reading = LinearWeights(weight: large, bias: nil)
        let row = Matrix(rows: 1, columns: 8192)
        let sums = Matrix(rows: 1, columns: 16384)
        let reads = time(5) { compute.linear(row, reading, into: sums) }
        bytesPerSecond = Double(large.count * 4) / Measurement.quantile(reads, 0)
    }

    private init(operationsPerSecond: Double, bytesPerSecond: Double) {
        self.operationsPerSecond = operationsPerSecond
        self.bytesPerSecond = bytesPerSecond
    }

    /// The larger of each of two measurements.
    func better(of other: MachinePeaks) -> MachinePeaks {
        MachinePeaks(
            operationsPerSecond: max(operationsPerSecond, other.operationsPerSecond),
            bytesPerSecond: max(bytesPerSecond, other.bytesPerSecond)
        )
    }

    private static func productsPerSecond(threadCount: Int) -> Double {
        let side = 2048
        let matrix = [Float](repeating: 0.5, count: side * side)
        var product = [Float](repeating: 0, count: side * side)
        openblas_set_num_threads(Int32(threadCount))
        let size = blasint(side)
        let times = time(5) {
            unsafe cblas_sgemm(
                CblasRowMajor,
                CblasNoTrans,
                CblasTrans,
                size,
                size,
                size,
                1,
                matrix,
                size,
                matrix,
                size,
                0,
                &product,
                size
            )
        }
        return 2 * Double(side * side * side) / Measurement.quantile(times, 0)
    }
}
