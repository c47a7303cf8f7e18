internal import Checkpoints
package import Tensors

extension ModelDirectory {
    /// Writes a directory with an untrained model.
    ///
    /// - Parameters:
    ///   - configuration: Sizes of the model.
    ///   - source: The numbers.
    ///   - format: Element type of the weights.
    ///   - tokenizer: Bytes of a SentencePiece model with the configuration's vocabulary.
    ///   - path: Of the directory; must not exist.
    ///   - progress: Told the share of the weights that has been written, from 0 to 1.
    /// - Throws: ``ModelDirectoryError`` if `path` exists; `CheckpointError`, ``ModelConfigurationError``.
    package static func writeRandom(
        _ configuration: ModelConfiguration,
        weights source: RandomParameters,
        format: FloatFormat,
        tokenizer: [UInt8],
        path: String,
        progress: (Double) -> Void
    ) throws {
        let parameters = try InterleavedModel.parameters(of: configuration)
        try create(at: path, configuration, tokenizer: tokenizer) { weightsPath in
            let writer = try SafetensorsWriter.begin(
                path: weightsPath,
                tensors: parameters.map {
                    try TensorDescription(
                        name: $0.name,
                        elementType: format.elementType,
                        shape: $0.shape
                    )
                },
                metadata: ["format": "pt"]
            )
            let strips = RandomStrips(path, source, format: format)
            let total = parameters.reduce(0) { $0 + $1.count }
            var done = 0
            for parameter in parameters {
                try strips.copy(parameter) { try writer.append($0, to: parameter.name) }
                done += parameter.count
                progress(Double(done) / Double(max(1, total)))
            }
            try writer.finish()
        }
    }
}
