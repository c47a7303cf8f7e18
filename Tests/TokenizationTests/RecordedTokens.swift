import Foundation
import Tokenization

/// What the reference tokenizer did with texts, ids and prompts (`recorded.json`).
struct RecordedTokens: Decodable {
    struct Case: Decodable, Sendable {
        let text: String
        let ids: [Int]
        let idsWithoutSpecial: [Int]
        let tokens: [String]
        let decoded: String
        let decodedSkipSpecial: String

        enum CodingKeys: String, CodingKey {
            case text, ids, tokens, decoded
            case idsWithoutSpecial = "ids_no_special"
            case decodedSkipSpecial = "decoded_skip_special"
        }
    }

    struct DecodeCase: Decodable, Sendable {
        let ids: [Int]
        let decoded: String
        let decodedSkipSpecial: String

        enum CodingKeys: String, CodingKey {
            case ids, decoded
            case decodedSkipSpecial = "decoded_skip_special"
        }
    }

    struct AnnotationCase: Decodable, Sendable {
        let sentences: [String]
        let sentenceIndexes: [Int]
        let imageFirst: [Bool]
        let text: String
        let ids: [Int]

        enum CodingKeys: String, CodingKey {
            case sentences, text, ids
            case sentenceIndexes = "sentence_ixs"
            case imageFirst = "image_first"
        }
    }

    let vocabularySize: Int
    let allSpecialIdentifiers: [Int]
    let cases: [Case]
    let decodeCases: [DecodeCase]
    let annotationCases: [AnnotationCase]

    enum CodingKeys: String, CodingKey {
        case cases
        case vocabularySize = "vocab_size"
        case allSpecialIdentifiers = "all_special_ids"
        case decodeCases = "decode_cases"
        case annotationCases = "annotation_cases"
    }

    static func load() throws -> RecordedTokens {
        try JSONDecoder().decode(RecordedTokens.self, from: Data(try fixtureBytes("recorded.json")))
    }
}

/// Bytes of a file in `Fixtures`.
func fixtureBytes(_ name: String) throws -> [UInt8] {
    let url = Bundle.module.bundleURL.appendingPathComponent("Fixtures/\(name)")
    return [UInt8](try Data(contentsOf: url))
}

/// The tokenizer of the recording.
func makeTokenizer() throws -> Tokenizer {
    try Tokenizer(modelBytes: try fixtureBytes("tokenizer.model"))
}

/// Swift compares strings by canonical equivalence; these tests mean the same scalars.
func scalars(_ text: String) -> [UInt32] {
    text.unicodeScalars.map(\.value)
}
