/// What a finished step means to those who asked for it.
package enum SchedulingEvent: Hashable, Sendable {
    /// The sequence is computed up to its last position.
    ///
    /// Logits and hidden states must be read before the next plan: from then on the sequence's blocks may
    /// go to others whenever it asks for nothing.
    case computed(SequenceIdentifier, of: RequestIdentifier)
    /// The picture's features are there, and stay until the request ends.
    case encoded(ImageDigest, for: RequestIdentifier)
    /// The drawing is one denoising step further.
    case denoised(DrawingIdentifier, of: RequestIdentifier)
    /// The drawing's pixels are there.
    case rendered(DrawingIdentifier, of: RequestIdentifier)

    /// The request that waits for it.
    package var request: RequestIdentifier {
        switch self {
        case .computed(_, let request), .encoded(_, let request), .denoised(_, let request),
            .rendered(_, let request):
            request
        }
    }
}
