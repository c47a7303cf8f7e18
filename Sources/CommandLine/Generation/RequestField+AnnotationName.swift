import Engine

extension RequestField {
    /// What the reference's annotation files and generation keywords call the field.
    var annotationName: String {
        switch self {
        case .picturePlaces: "sentence_ixs"
        case .pictures: "images"
        case .segmentCount: "num_iter"
        case .tokenCount: "max_length"
        case .beamCount: "num_beams"
        case .textCount: "num_captions"
        case .pictureCount: "num_validation_images"
        case .stepCount: "num_inference_steps"
        case .input: "sentences"
        case .inputPicture(let part): "part \(part) of the prompt"
        case .optionCount: "options"
        case .option(let index): "option \(index)"
        case .timeout: "timeout"
        }
    }
}

extension EngineError {
    /// Runs a computation whose errors are told with the names that its input has for fields.
    static func naming<Result>(
        _ name: (RequestField) -> String,
        _ body: () throws -> Result
    ) throws -> Result {
        do {
            return try body()
        } catch let error as EngineError {
            throw CommandError(error.description(naming: name))
        }
    }
}
