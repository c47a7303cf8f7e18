package import Checkpoints
package import Tensors

/// Parameters that come from an open checkpoint.
package struct CheckpointParameters: ParameterSource {
    private let reader: any CheckpointReader

    /// Wraps an open checkpoint.
    package init(_ reader: any CheckpointReader) {
        self.reader = reader
    }

    package func read(_ parameter: ParameterDescription, into matrix: Matrix) throws {
        let format = try format(of: parameter)
        try reader.withBytes(of: parameter.name) { matrix.copy(from: $0, format: format) }
    }

    package func table(of parameter: ParameterDescription) throws -> NumberTable {
        let table = NumberTable(
            rows: parameter.shape[0],
            columns: parameter.count / max(1, parameter.shape[0]),
            format: try format(of: parameter)
        )
        try reader.withBytes(of: parameter.name) { table.fill(from: $0) }
        return table
    }

    package func withRows(
        of parameter: ParameterDescription,
        _ form: LayerForm,
        _ body: (PackableRows.Maker) throws -> Bool
    ) throws {
        let format = try format(of: parameter)
        let addend = try added(form)
        let columns = form.window * form.channels
        let size = columns * format.byteCount
        let firstAdded = parameter.count / columns - (addend?.rows ?? 0)
        try reader.withBytes(of: parameter.name) { bytes in
            try LentBytes.lend(bytes) { bytes in
                _ = try body { range in
                    let numbers = Matrix(rows: range.count, columns: columns)
                    bytes.withBytes(in: range.lowerBound * size..<range.upperBound * size) {
                        numbers.copy(from: $0, format: format)
                    }
                    if let addend { numbers.add(addend, below: firstAdded - range.lowerBound) }
                    return .numbers(
                        form.window == 1
                            ? numbers : numbers.withPixelsOutermost(window: form.window)
                    )
                }
            }
        }
    }

    /// The format in which a parameter is stored.
    ///
    /// - Throws: `CheckpointError` if it is not there, or of another size or type.
    private func format(of parameter: ParameterDescription) throws -> FloatFormat {
        let stored = try reader.description(of: parameter.name)
        guard stored.elementCount == parameter.count, let format = FloatFormat(stored.elementType)
        else {
            throw CheckpointError(
                .invalidShape,
                path: reader.path,
                tensor: parameter.name,
                "expected \(parameter.shape) of F32, F16 or BF16, found \(stored)"
            )
        }
        return format
    }
}

extension FloatFormat {
    /// The format of a stored element type, or nil if that is not one of the three.
    package init?(_ type: ElementType) {
        switch type {
        case .float32: self = .float32
        case .float16: self = .float16
        case .bfloat16: self = .bfloat16
        default: return nil
        }
    }

    /// The element type that stores this format.
    package var elementType: ElementType {
        switch self {
        case .float32: .float32
        case .float16: .float16
        case .bfloat16: .bfloat16
        }
    }
}

/// How a checkpoint's tensors differ from those that a model needs: everything at once.
package struct ParameterMismatch: Error, CustomStringConvertible {
    /// Parameters that the checkpoint does not have.
    package let missing: [ParameterDescription]
    /// Tensors that the model has no use for.
    package let unexpected: [TensorDescription]
    /// Parameters whose stored shape or element type is another.
    package let misshaped: [(expected: ParameterDescription, found: TensorDescription)]

    /// Compares; nil if nothing differs.
    package init?(_ parameters: [ParameterDescription], _ reader: any CheckpointReader) {
        let names = Set(parameters.map(\.name))
        let stored = reader.tensors
        missing = parameters.filter { stored[$0.name] == nil }
        unexpected = reader.tensorNames.filter { !names.contains($0) }.compactMap { stored[$0] }
        misshaped = parameters.compactMap { parameter in
            guard let found = stored[parameter.name] else { return nil }
            let fits = found.shape == parameter.shape && FloatFormat(found.elementType) != nil
            return fits ? nil : (parameter, found)
        }
        if missing.isEmpty && unexpected.isEmpty && misshaped.isEmpty { return nil }
    }

    /// Most lines of each kind that a message lists.
    private static let maximumListed = 20

    package var description: String {
        func list(_ title: String, _ lines: [String]) -> [String] {
            guard !lines.isEmpty else { return [] }
            let rest = lines.count - Self.maximumListed
            return ["\(title) (\(lines.count)):"]
                + lines.prefix(Self.maximumListed).map { "  \($0)" }
                + (rest > 0 ? ["  and \(rest) more"] : [])
        }
        let lines =
            list("missing tensors", missing.map { "\($0.name) \($0.shape)" })
            + list(
                "tensors of another shape or type",
                misshaped.map {
                    "\($0.expected.name): expected \($0.expected.shape) of F32, F16 or BF16, found \($0.found.elementType) \($0.found.shape)"
                }
            )
            + list("unexpected tensors", unexpected.map(\.description))
        return lines.joined(separator: "\n")
    }
}
