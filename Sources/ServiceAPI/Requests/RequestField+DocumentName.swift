package import Engine

extension RequestField {
    /// Where the field stands in a document of `/v1/interleave` or `/v1/score`.
    package var documentName: String {
        switch self {
        case .input, .pictures, .picturePlaces: "input"
        case .inputPicture(let part): "input[\(part)].image"
        case .optionCount: "options"
        case .option(let index): "options[\(index)]"
        case .segmentCount: "max_segments"
        case .tokenCount: "text.max_tokens"
        case .beamCount: "text.num_beams"
        case .textCount: "text.n"
        case .pictureCount: "image.n"
        case .stepCount: "image.steps"
        case .timeout: "timeout_ms"
        }
    }
}
