internal import Checkpoints
package import Tensors

/// The weights of a model as the numbers that they stand for once they are rounded, one at a time.
///
/// A layer's weight is rounded as it is when the model is loaded, what is added to it before that included. What is
/// combined with other parameters before it is rounded, and what is no layer's weight, is as it is stored.
package struct RoundedWeights {
    /// The parameters in the model's order, without those that are added to others.
    package let parameters: [ParameterDescription]
    private let layers: [String: LayerForm]
    private let reader: any CheckpointReader
    private let source: any ParameterSource

    /// Opens the weights of a model.
    ///
    /// - Parameters:
    ///   - model: The model.
    ///   - formats: The formats of its weights, as ``StoredModel/formats(asking:)`` tells them.
    /// - Throws: as `StoredModel.openWeights`.
    package init(_ model: StoredModel, formats: FormatPolicy) throws {
        reader = try model.openWeights()
        source =
            switch model {
            case .directory: CheckpointParameters(reader)
            case .file(let file): ModelFileParameters(file.weights)
            }
        let declared = Parameters(from: NoParameters(), formats: formats)
        _ = try InterleavedModel(declared, model.configuration)
        let layers = declared.ledger.layers
        let added = Set(layers.values.compactMap(\.addend))
        parameters = declared.ledger.asked.filter { !added.contains($0) }
        self.layers = layers
    }

    /// What a parameter is stored as, or rounded to: `f16`, `int8`, `q4_0`.
    ///
    /// - Throws: `CheckpointError` if there is no such parameter.
    package func format(of parameter: ParameterDescription) throws -> String {
        if let format = layers[parameter.name]?.format, format != .f32 { return format.rawValue }
        if let stored = (reader as? ModelFileWeights)?.stored(parameter.name) {
            return "\(stored.type)".lowercased()
        }
        return "\(try reader.description(of: parameter.name).elementType)".lowercased()
    }

    /// The numbers that a parameter stands for; those of convolutions with the channels of a pixel side by side.
    ///
    /// Those of a row with a number that cannot be rounded are NaN. Pages that were read are given back.
    ///
    /// - Throws: if the numbers cannot be read.
    package func numbers(of parameter: ParameterDescription) throws -> Matrix {
        defer { reader.releaseResidentPages(of: parameter.name) }
        guard let form = layers[parameter.name] else {
            let numbers = Matrix(rows: 1, columns: parameter.count)
            try source.read(parameter, into: numbers)
            return numbers
        }
        var rounded = Matrix(rows: 0, columns: 0)
        try source.withRows(of: parameter, form) { make in
            guard let rows = make(0..<parameter.shape[0]) else { return false }
            switch rows {
            case .whole(let rows): rounded = rows.restored()
            case .numbers(let numbers): rounded = Self.rounded(numbers, form)
            }
            return true
        }
        return rounded
    }

    private static func rounded(_ numbers: Matrix, _ form: LayerForm) -> Matrix {
        switch form.format {
        case .f32: break
        case .bf16:
            let bytes = numbers.brainFloatWeightBytes()
            unsafe numbers.copy(from: bytes.span.bytes, format: .bfloat16)
        case .int8, .int4:
            return IntegerRows(rounding: numbers, to: form.format, window: form.window).restored()
        }
        return numbers
    }
}
