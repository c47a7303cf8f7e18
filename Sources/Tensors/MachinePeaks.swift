internal import CKernels

/// The fastest and the slowest of a few runs of the same thing: on a shared machine others take their part.
package struct PeakRate: Hashable, Sendable {
    /// Units per second of the fastest run.
    package var best = 0.0
    /// Units per second of the slowest run.
    package var worst = Double.infinity

    /// Times `count` runs; `body` returns how many units it did.
    init(of count: Int, _ body: () -> Int) {
        for _ in 0..<count {
            var units = 0
            let elapsed = ContinuousClock().measure { units = body() }
            let rate = Double(units) / (elapsed / .seconds(1))
            best = max(best, rate)
            worst = min(worst, rate)
        }
    }
}

extension Compute {
    /// Measures multiplications and additions per second.
    ///
    /// All workers at once do them in chains that wait for neither memory nor each other, with the instruction set in use.
    /// Takes about 0.1 s.
    ///
    /// - Parameter ofBytes: Whether of signed bytes with whole sums, rather than of single precision.
    /// - Returns: Operations per second.
    package func measurePeakOperations(ofBytes: Bool = false) -> PeakRate {
        let sums = Matrix(rows: 1, columns: pool.workerCount)
        let counts = Matrix(rows: 1, columns: pool.workerCount)
        return PeakRate(of: 5) {
            pool.run(pool.workerCount) { part, _ in
                var count = 0
                unsafe sums.base[part] =
                    ofBytes
                    ? Float(ilv_peak_i8(Self.peakIterationCount, 0x0101_0101, &count))
                    : ilv_peak_f32(Self.peakIterationCount, 0.999, &count)
                unsafe counts.base[part] = Float(count / Self.peakIterationCount)
            }
            return counts.toArray().reduce(0) { $0 + Int($1) } * Self.peakIterationCount
        }
    }

    private static let peakIterationCount = 200_000

    /// Measures the bytes per second that all workers together read.
    ///
    /// Takes about 0.1 s.
    ///
    /// - Parameter memory: What is read; several times as large as the last-level cache.
    /// - Returns: Bytes per second.
    package func measurePeakReading(of memory: Matrix) -> PeakRate {
        precondition(memory.isContiguous, "rows with gaps")
        let share = memory.count / pool.workerCount
        let sums = Matrix(rows: 1, columns: pool.workerCount)
        return PeakRate(of: 3) {
            pool.run(pool.workerCount) { part, _ in
                let start = unsafe UnsafeRawPointer(memory.base + part * share)
                    .assumingMemoryBound(to: UInt32.self)
                unsafe sums.base[part] = Float(ilv_read_u32(start, share))
            }
            return pool.workerCount * share * MemoryLayout<Float>.stride
        }
    }
}
