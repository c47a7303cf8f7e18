package import Tensors

/// Parameters of an untrained model: seeded random numbers, scaled so that activations stay moderate.
///
/// A parameter's numbers depend on the seed and its own name alone. Every parameter is random where the
/// reference would start with zeros (gates, offsets, ...), so that no part of the model is idle.
package struct RandomParameters: ParameterSource {
    private let seed: UInt64

    /// The parameters of a seed.
    package init(seed: UInt64) {
        self.seed = seed
    }

    package func read(_ parameter: ParameterDescription, into matrix: Matrix) throws {
        let flat = matrix.isContiguous ? matrix.reshaped(rows: 1, columns: matrix.count) : nil
        guard let flat else { return fill(matrix, parameter) }
        fill(flat, parameter)
    }

    private func fill(_ matrix: Matrix, _ parameter: ParameterDescription) {
        let name = parameter.name
        if name.hasSuffix("clip_mean") { return matrix.copy(from: Self.clipMean) }
        if name.hasSuffix("clip_std") { return matrix.copy(from: Self.clipDeviation) }
        if isNormScale(parameter) { return fillNormal(matrix, name, mean: 1, deviation: 0.02) }
        fillNormal(matrix, name, mean: mean(of: name), deviation: deviation(of: parameter))
        if name.hasSuffix("text_decoder.head.bias") {
            // As in the released model: only the second part of the head speaks for image tokens.
            for column in matrix.columns - 2..<matrix.columns { matrix[0, column] = -100 }
        }
    }

    /// Scales of normalisations are the only weights of one extent.
    private func isNormScale(_ parameter: ParameterDescription) -> Bool {
        parameter.name.hasSuffix("weight") && parameter.shape.count == 1
    }

    private func mean(of name: String) -> Float {
        if name.hasSuffix("head_new.bias") { return 100 }
        // Far enough from 0 that the synchronizers are heard.
        return name.hasSuffix(".gate") ? 0.5 : 0
    }

    private func deviation(of parameter: ParameterDescription) -> Float {
        let name = parameter.name
        if name.hasSuffix("bias") {
            // Sampling points spread over a few pixels around their reference.
            return name.contains("sampling_offsets") ? 2 : 0.02
        }
        if parameter.shape.count < 2 || name.contains("embed") || name.hasSuffix("queries") {
            return name.hasSuffix(".gate") ? 0.1 : 0.5
        }
        let inputs = parameter.count / parameter.shape[0]
        return 1 / Float(inputs).squareRoot()
    }

    private func fillNormal(_ matrix: Matrix, _ name: String, mean: Float, deviation: Float) {
        var generator = TorchGenerator(seed: seed ^ Self.hash(name))
        for row in 0..<matrix.rows {
            matrix.withMutableRow(row) { span in
                generator.fillNormal(&span)
                for index in 0..<span.count { span[index] = mean + deviation * span[index] }
            }
        }
    }

    /// FNV-1a: the same on every run, unlike Swift's own hashing.
    private static func hash(_ name: String) -> UInt64 {
        name.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }

    /// Mean and deviation of CLIP's training pictures, which every CLIP checkpoint carries.
    private static let clipMean: [Float] = [0.48145466, 0.4578275, 0.40821073]
    private static let clipDeviation: [Float] = [0.26862954, 0.26130258, 0.27577711]
}
