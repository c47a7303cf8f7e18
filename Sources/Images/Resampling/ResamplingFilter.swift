/// The filters of Pillow's resampler that the model's preprocessing uses.
package enum ResamplingFilter: Sendable, CaseIterable {
    /// The mean of the covered input pixels.
    case box
    /// Keys' cubic with a = -0.5, widened when shrinking (antialiased).
    case bicubic

    /// Half the width of the filter, in input pixels at scale 1.
    var support: Double {
        switch self {
        case .box: 0.5
        case .bicubic: 2
        }
    }

    /// The weight at a distance from the centre.
    func weight(at distance: Double) -> Double {
        switch self {
        case .box:
            // Half open: a pixel exactly between two outputs counts for one of them.
            return distance > -0.5 && distance <= 0.5 ? 1 : 0
        case .bicubic:
            let a = -0.5
            let x = abs(distance)
            if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
            if x < 2 { return (((x - 5) * x + 8) * x - 4) * a }
            return 0
        }
    }
}
