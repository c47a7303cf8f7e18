/// What is asked of the model.
package enum Assignment: String, CaseIterable, Sendable {
    case caption
    case question
    case grounding
    case textToImage = "text_to_image"
    case segmentationToImage = "segmentation_to_image"
    case editing
    case story
    case interleaved

    /// Seed of the examples that training never uses.
    package var heldOutSeed: UInt64 {
        switch self {
        case .caption: 500_001
        case .question: 500_002
        case .grounding: 500_003
        case .textToImage: 500_004
        case .segmentationToImage: 500_005
        case .editing: 500_006
        case .story: 500_007
        case .interleaved: 500_008
        }
    }
}
