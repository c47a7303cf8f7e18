package import Tensors

/// Parameters of an untrained model: seeded random numbers, scaled so that activations stay moderate.
///
/// A parameter's numbers depend on the seed and its own name alone. Every parameter is random where the
/// reference would start with zeros (gates, offsets, ...), so that no part of the model is idle.
package struct RandomParameters: ParameterSource, Sendable {
    private let seed: UInt64
    private let hasStrongChannels: Bool

    /// The parameters of a seed.
    ///
    /// - Parameters:
    ///   - seed: The seed.
    ///   - hasStrongChannels: Whether the weights of a few inputs of every layer are much larger than the others, as they
    ///     are in trained models, where they are what makes rounding hard.
    package init(seed: UInt64, hasStrongChannels: Bool = false) {
        self.seed = seed
        self.hasStrongChannels = hasStrongChannels
    }

    package func read(_ parameter: ParameterDescription, into matrix: Matrix) throws {
        if parameter.name.hasSuffix("clip_mean") { return matrix.copy(from: Self.clipMean) }
        if parameter.name.hasSuffix("clip_std") { return matrix.copy(from: Self.clipDeviation) }
        var numbers = RandomNumbers(parameter, seed: seed, hasStrongChannels: hasStrongChannels)
        numbers.fill(matrix)
        if parameter.name.hasSuffix("text_decoder.head.bias") {
            // As in the released model: only the second part of the head speaks for image tokens.
            for column in matrix.columns - 2..<matrix.columns { matrix[0, column] = -100 }
        }
    }

    /// Lends the numbers of a parameter strip by strip, the same as ``read(_:into:)`` makes of it at once.
    ///
    /// - Throws: whatever `body` throws.
    func forEachStrip(
        of parameter: ParameterDescription,
        _ strips: RowStrips,
        _ body: (Matrix) throws -> Void
    ) throws {
        let memory = strips.makeMatrix()
        // Parameters with numbers of their own have a single extent, and so a single strip.
        guard strips.ranges.count > 1 else {
            try read(parameter, into: memory)
            return try body(memory)
        }
        var numbers = RandomNumbers(parameter, seed: seed, hasStrongChannels: hasStrongChannels)
        for range in strips.ranges {
            let strip = memory.rows(0..<range.count)
            numbers.fill(strip)
            try body(strip)
        }
    }

    /// Mean and deviation of CLIP's training pictures, which every CLIP checkpoint carries.
    private static let clipMean: [Float] = [0.48145466, 0.4578275, 0.40821073]
    private static let clipDeviation: [Float] = [0.26862954, 0.26130258, 0.27577711]
}

/// The numbers of one parameter of an untrained model, from the first to the last.
private struct RandomNumbers {
    private var generator: TorchGenerator
    private let mean: Float
    /// What the normal numbers of a row are multiplied by.
    private let factors: [Float]

    init(_ parameter: ParameterDescription, seed: UInt64, hasStrongChannels: Bool) {
        let seed = seed ^ Self.hash(parameter.name)
        generator = TorchGenerator(seed: seed)
        mean = Self.mean(of: parameter)
        let deviation = Self.deviation(of: parameter)
        let isLayer = parameter.shape.count > 1 && parameter.name.hasSuffix("weight")
        if hasStrongChannels, isLayer, !parameter.name.contains("embed") {
            factors = Self.channelFactors(of: parameter, seed: seed).map { deviation * $0 }
        } else {
            let columns = RowStrips(parameter).columns
            factors = [Float](repeating: deviation, count: columns)
        }
    }

    /// Fills a contiguous matrix with the next rows; all but the last are filled by multiples of ``RowStrips/unit``.
    mutating func fill(_ matrix: Matrix) {
        generator.fillNormal(matrix)
        guard !factors.isEmpty else { return }
        let rows = matrix.reshaped(rows: matrix.count / factors.count, columns: factors.count)
        for row in 0..<rows.rows {
            rows.withMutableRow(row) { span in
                for index in 0..<span.count { span[index] = mean + factors[index] * span[index] }
            }
        }
    }

    private static func mean(of parameter: ParameterDescription) -> Float {
        if isNormScale(parameter) { return 1 }
        if parameter.name.hasSuffix("head_new.bias") { return 100 }
        // Far enough from 0 that the synchronizers are heard.
        return parameter.name.hasSuffix(".gate") ? 0.5 : 0
    }

    private static func deviation(of parameter: ParameterDescription) -> Float {
        if isNormScale(parameter) { return 0.02 }
        let name = parameter.name
        if name.hasSuffix("bias") {
            // Sampling points spread over a few pixels around their reference.
            return name.contains("sampling_offsets") ? 2 : 0.02
        }
        if parameter.shape.count < 2 || name.contains("embed") || name.hasSuffix("queries") {
            return name.hasSuffix(".gate") ? 0.1 : 0.5
        }
        let inputs = parameter.count / parameter.shape[0]
        return 1 / Float(inputs).squareRoot()
    }

    /// Scales of normalisations are the only weights of one extent.
    private static func isNormScale(_ parameter: ParameterDescription) -> Bool {
        parameter.name.hasSuffix("weight") && parameter.shape.count == 1
    }

    /// What the weights of a layer's inputs are multiplied by: a few are strong, and the layer's results stay as large as
    /// without.
    private static func channelFactors(of parameter: ParameterDescription, seed: UInt64) -> [Float]
    {
        let channels = parameter.shape[1]
        let window = parameter.shape.dropFirst(2).reduce(1, *)
        let count = channels / channelsPerStrong
        let squares = Float(channels - count) + Float(count) * strength * strength
        let weak = count > 0 ? (Float(channels) / squares).squareRoot() : 1
        var factors = [Float](repeating: weak, count: channels * window)
        var place = seed
        for strong in 0..<count {
            place = place &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let channel = channelsPerStrong * strong + Int(place >> 33) % channelsPerStrong
            for index in channel * window..<(channel + 1) * window { factors[index] *= strength }
        }
        return factors
    }

    /// Of how many channels one is strong, and by how much.
    private static let channelsPerStrong = 128
    private static let strength: Float = 16

    /// FNV-1a: the same on every run, unlike Swift's own hashing.
    private static func hash(_ name: String) -> UInt64 {
        name.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
}
