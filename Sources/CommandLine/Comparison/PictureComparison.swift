import Images
import Simulation
import Tensors

/// How much the pictures of one model look like those of another, drawn from the same words and noise.
struct PictureComparison: Encodable {
    /// Two pictures.
    struct Pair: Encodable {
        let prompt: String
        let seed: UInt64
        let first: RGBImage
        let second: RGBImage
        /// Peak signal-to-noise ratio in decibels, infinite for equal pixels.
        let ratio: Double

        init(prompt: String, seed: UInt64, _ first: RGBImage, _ second: RGBImage) {
            self.prompt = prompt
            self.seed = seed
            self.first = first
            self.second = second
            ratio = PictureComparison.peakSignalToNoiseRatio(first.pixels, second.pixels)
        }

        private enum CodingKeys: String, CodingKey {
            case prompt, seed
            case ratio = "psnr_db"
            case isEqual = "equal"
        }

        func encode(to encoder: any Encoder) throws {
            var values = encoder.container(keyedBy: CodingKeys.self)
            try values.encode(prompt, forKey: .prompt)
            try values.encode(seed, forKey: .seed)
            // Null where it is infinite, which JSON has no number for.
            try values.encode(ratio, forKey: .ratio)
            try values.encode(ratio == .infinity, forKey: .isEqual)
        }
    }

    let pairs: [Pair]

    /// The ratio that half of the pairs do not exceed.
    var median: Double { Percentiles.nearestRank(sortedRatios, 0.5) }
    var smallest: Double { Percentiles.nearestRank(sortedRatios, 0) }

    private var sortedRatios: [Double] { pairs.map(\.ratio).sorted() }

    /// Takes pairs of pictures; nil without any.
    init?(_ pairs: [Pair]) {
        guard !pairs.isEmpty else { return nil }
        self.pairs = pairs
    }

    /// How large full scale is beside the differences of samples, in decibels; infinite for equal samples.
    ///
    /// - Precondition: there are as many of both.
    static func peakSignalToNoiseRatio(_ first: [UInt8], _ second: [UInt8]) -> Double {
        precondition(first.count == second.count, "\(first.count) and \(second.count) samples")
        let sum = zip(first, second).reduce(0) { sum, pair in
            let difference = Int(pair.0) - Int(pair.1)
            return sum + difference * difference
        }
        guard sum > 0 else { return .infinity }
        let share = 255 * 255 * Double(first.count) / Double(sum)
        return 10 * Elementary.log(share) / Elementary.log(10.0 as Double)
    }

    private enum CodingKeys: String, CodingKey {
        case pairs
        case median = "median_psnr_db"
        case smallest = "smallest_psnr_db"
    }

    func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(median, forKey: .median)
        try values.encode(smallest, forKey: .smallest)
        try values.encode(pairs, forKey: .pairs)
    }
}
