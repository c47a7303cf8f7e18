internal import Engine

/// Names of the fields of a request of OpenAI's shapes, in errors of the engine.
struct FieldNames: Sendable {
    /// What brings the texts and pictures.
    let input: String
    /// Most tokens of a text.
    let tokenCount: String
    /// Where the pictures stand in the document, by their place in the prompt.
    let pictures: [Int: String]

    /// What the document calls a field.
    func name(of field: RequestField) -> String {
        switch field {
        case .inputPicture(let part): pictures[part] ?? input
        case .tokenCount: tokenCount
        case .textCount, .pictureCount: "n"
        case .beamCount: "num_beams"
        case .stepCount: "steps"
        case .timeout: "timeout_ms"
        case .input, .pictures, .picturePlaces, .segmentCount, .option, .optionCount: input
        }
    }
}
