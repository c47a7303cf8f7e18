/// What a request asks for: a mode of generation, or scores.
package enum RequestMode: String, Sendable, CaseIterable {
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
