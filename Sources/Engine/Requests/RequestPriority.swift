/// How much of the machine a request gets while others compete with it.
package enum RequestPriority: String, Sendable, CaseIterable {
    /// Gets what others leave, and a little more, so that it ends some day.
    case low
    /// What nobody asked to be different.
    case normal
    /// Gets more than its share.
    case high

    /// Share of the computing time relative to other requests: twice the weight, twice the time.
    package var weight: Double {
        switch self {
        case .low: 0.25
        case .normal: 1
        case .high: 4
        }
    }
}

/// What a request asks for: a mode of generation, or scores.
package enum RequestKind: String, Sendable, CaseIterable {
    /// Words only.
    case text
    /// One picture, or several of the same context.
    case image
    /// Words and pictures in turn.
    case interleave
    /// Log-probabilities of options.
    case score

    /// The kind of a request that generates.
    package init(_ mode: GenerationMode) {
        switch mode {
        case .text: self = .text
        case .image: self = .image
        case .interleave: self = .interleave
        }
    }
}
