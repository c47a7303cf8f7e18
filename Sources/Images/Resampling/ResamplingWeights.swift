/// For each output position along one axis: which input positions it sums, and with which fixed-point weights.
///
/// The arithmetic follows Pillow's resampler step by step (doubles, then 22 fractional bits, rounded half away
/// from zero), because its results are to be met exactly.
/// Source: Pillow, `src/libImaging/Resample.c`.
struct ResamplingWeights {
    /// Fractional bits of a weight: 32 less 8 for the sample and 2 for overshoot.
    static let precisionBits: Int32 = 32 - 8 - 2
    /// One half in fixed point, so that the final shift rounds.
    static let half: Int32 = 1 << (precisionBits - 1)

    /// Input positions of each output: `starts[i] ..< starts[i] + counts[i]`.
    let starts: [Int]
    let counts: [Int]
    /// Weights of output `i` begin at `i * stride`.
    let weights: [Int32]
    let stride: Int

    /// Computes the weights of some outputs of an axis.
    ///
    /// - Precondition: Sizes are positive and `outputs` lies in `0..<outputSize`.
    init(inputSize: Int, outputSize: Int, outputs: Range<Int>, filter: ResamplingFilter) {
        precondition(inputSize > 0 && outputs.lowerBound >= 0 && outputs.upperBound <= outputSize)
        let scale = Double(inputSize) / Double(outputSize)
        let filterScale = max(scale, 1)
        let support = filter.support * filterScale
        let stride = Int(support.rounded(.up)) * 2 + 1
        var starts: [Int] = []
        var counts: [Int] = []
        var weights = [Int32](repeating: 0, count: outputs.count * stride)
        var exact = [Double](repeating: 0, count: stride)
        for (row, output) in outputs.enumerated() {
            let center = (Double(output) + 0.5) * scale
            let start = max(Int(center - support + 0.5), 0)
            let count = min(Int(center + support + 0.5), inputSize) - start
            var sum = 0.0
            for tap in 0..<count {
                let distance = (Double(tap + start) - center + 0.5) * (1 / filterScale)
                exact[tap] = filter.weight(at: distance)
                sum += exact[tap]
            }
            for tap in 0..<count {
                let weight = sum == 0 ? exact[tap] : exact[tap] / sum
                let scaled = weight * Double(1 << Int(Self.precisionBits))
                weights[row * stride + tap] = Int32(scaled < 0 ? scaled - 0.5 : scaled + 0.5)
            }
            starts.append(start)
            counts.append(count)
        }
        self.starts = starts
        self.counts = counts
        self.weights = weights
        self.stride = stride
    }

    /// The input positions that any of the outputs needs.
    var inputs: Range<Int> {
        let end = zip(starts, counts).map { $0 + $1 }.max() ?? 0
        return (starts.first ?? 0)..<end
    }

    /// Rounds a fixed-point sum to a sample.
    @inline(__always)
    static func sample(_ sum: Int32) -> UInt8 {
        UInt8(truncatingIfNeeded: max(0, min(255, sum >> precisionBits)))
    }
}
