import MMInterleaved
import Tensors

/// What this machine can do at best, measured beside a stage.
struct MachinePeaks: Hashable {
    /// Multiplications and additions per second, of what most products are of, and bytes per second of reading.
    let operations: PeakRate
    let reading: PeakRate

    /// The larger of each of two measurements, with the slowest run of both.
    func merged(with other: MachinePeaks) -> MachinePeaks {
        MachinePeaks(
            operations: operations.merged(with: other.operations),
            reading: reading.merged(with: other.reading)
        )
    }

    /// Whether the runs were alike, so that shares of the peaks mean something.
    var isQuiet: Bool { operations.isSteady && reading.isSteady }
}

extension PeakRate {
    /// The slowest run of a machine left alone, as a share of the fastest.
    private static let steadyShare = 0.8

    fileprivate var isSteady: Bool { worst >= best * Self.steadyShare }

    fileprivate func merged(with other: PeakRate) -> PeakRate {
        var merged = self
        merged.best = max(best, other.best)
        merged.worst = min(worst, other.worst)
        return merged
    }
}

/// Measures the machine's peaks, again and again: what a shared machine can do changes within minutes.
struct MachinePeakMeter {
    private let compute: Compute
    private let ofBytes: Bool
    /// 256 MiB: more than last-level caches hold.
    private let memory = Matrix(rows: 1 << 13, columns: 1 << 13)

    /// - Parameters:
    ///   - compute: Whose workers compute.
    ///   - profile: Whose products are measured: of bytes where it has them. Those of bfloat16 are made of single precision.
    init(_ compute: Compute, _ profile: FormatPolicy.Profile) {
        self.compute = compute
        ofBytes = profile == .w8a8 || profile == .w4a8
        memory.fill(0.5)
    }

    /// Takes about 0.2 s.
    func measure() -> MachinePeaks {
        MachinePeaks(
            operations: compute.measurePeakOperations(ofBytes: ofBytes),
            reading: compute.measurePeakReading(of: memory)
        )
    }
}
