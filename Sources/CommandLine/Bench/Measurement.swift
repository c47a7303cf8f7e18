/// Times of one stage, with the work that one run does.
struct Measurement: Encodable {
    let stage: String
    /// What one run is: a picture, 512 tokens, one step, ...
    let unit: String
    let seconds: [Double]
    /// Multiplications and additions of matrix products.
    let floatingPointOperations: Int
    /// Bytes of weights (and of cached values) that must be read at least once; 0 where it does not matter.
    let byteCount: Int
    /// Units per run for the rate, such as tokens.
    let unitCount: Int

    var median: Double { Self.quantile(seconds, 0.5) }
    var minimum: Double { seconds.min() ?? 0 }
    var maximum: Double { seconds.max() ?? 0 }
    var operationsPerSecond: Double { Double(floatingPointOperations) / median }
    var bytesPerSecond: Double { Double(byteCount) / median }
    var unitsPerSecond: Double { Double(unitCount) / median }

    static func quantile(_ values: [Double], _ share: Double) -> Double {
        let sorted = values.sorted()
        guard let last = sorted.last else { return 0 }
        let index = Int((Double(sorted.count - 1) * share).rounded())
        return sorted.indices.contains(index) ? sorted[index] : last
    }

    private enum CodingKeys: String, CodingKey {
        case stage, unit, seconds
        case floatingPointOperations = "floating_point_operations"
        case byteCount = "bytes"
        case unitCount = "units"
        case median, minimum, maximum
        case unitsPerSecond = "units_per_second"
    }

    func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(stage, forKey: .stage)
        try values.encode(unit, forKey: .unit)
        try values.encode(seconds, forKey: .seconds)
        try values.encode(floatingPointOperations, forKey: .floatingPointOperations)
        try values.encode(byteCount, forKey: .byteCount)
        try values.encode(unitCount, forKey: .unitCount)
        try values.encode(median, forKey: .median)
        try values.encode(minimum, forKey: .minimum)
        try values.encode(maximum, forKey: .maximum)
        try values.encode(unitsPerSecond, forKey: .unitsPerSecond)
    }
}

/// Runs a closure once to warm up and then `count` times, and returns the times in seconds.
func time(_ count: Int, _ body: () throws -> Void) rethrows -> [Double] {
    try body()
    return try (0..<count).map { _ in
        let elapsed = try ContinuousClock().measure(body).components
        return Double(elapsed.seconds) + Double(elapsed.attoseconds) * 1e-18
    }
}
