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
    case freeTextToImage = "free_text_to_image"
    case freeQuestion = "free_question"
    case freeYesNo = "free_yes_no"
    case freeEditing = "free_editing"
    case unknown

    /// Whether it is asked as by somebody who says neither what answer is wanted nor uses any given wording.
    package var isFree: Bool {
        switch self {
        case .freeTextToImage, .freeQuestion, .freeYesNo, .freeEditing, .unknown: true
        default: false
        }
    }

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
        case .freeTextToImage: 500_009
        case .freeQuestion: 500_010
        case .freeYesNo: 500_011
        case .freeEditing: 500_012
        case .unknown: 500_013
        }
    }
}
