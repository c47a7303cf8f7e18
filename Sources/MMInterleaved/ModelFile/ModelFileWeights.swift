package import Checkpoints
package import Tensors

/// The weights of a model file under their own names, as the numbers that they stand for; or as whole numbers, where they
/// are stored as such.
package final class ModelFileWeights: CheckpointReader {
    package let path: String
    package let tensorNames: [String]
    package let tensors: [String: TensorDescription]
    package let metadata: [String: String]
    private let file: GGUFFile
    /// Tensors that are stored rotated, pixels before channels.
    private let rotated: Set<String>
    private let shortNames: [String: String]

    /// Names the tensors of a file.
    ///
    /// - Parameters:
    ///   - file: The file.
    ///   - rotated: Names, as the file has them, of the tensors that are stored rotated.
    /// - Throws: `CheckpointError` for two tensors of the same parameter, and for a rotated one that cannot be so.
    init(_ file: GGUFFile, rotated: [String]) throws(CheckpointError) {
        self.file = file
        path = file.path
        metadata = file.metadata
        for name in rotated where file.stored[name] == nil {
            throw CheckpointError(
                .missingTensor,
                path: file.path,
                tensor: name,
                "is said to be rotated, and is not there"
            )
        }
        let isRotated = Set(rotated)
        var names: [String] = []
        var descriptions: [String: TensorDescription] = [:]
        var shortNames: [String: String] = [:]
        for short in file.tensorNames {
            guard let stored = file.tensors[short] else { continue }
            let name = TensorNames.name(ofShort: short)
            guard shortNames.updateValue(short, forKey: name) == nil else {
                throw CheckpointError(
                    .duplicateName,
                    path: file.path,
                    tensor: short,
                    "another tensor is the parameter `\(name)` too"
                )
            }
            names.append(name)
            descriptions[name] = try Self.description(
                stored,
                name,
                isRotated: isRotated.contains(short),
                in: file.path
            )
        }
        tensorNames = names
        tensors = descriptions
        self.shortNames = shortNames
        self.rotated = Set(rotated.map(TensorNames.name(ofShort:)))
    }

    /// What a stored tensor is, when it is read as numbers in PyTorch's order.
    private static func description(
        _ stored: TensorDescription,
        _ name: String,
        isRotated: Bool,
        in path: String
    ) throws(CheckpointError) -> TensorDescription {
        var shape = stored.shape
        guard isRotated else {
            return try TensorDescription(name: name, elementType: stored.elementType, shape: shape)
        }
        guard [2, 4].contains(shape.count), !shape.contains(0),
            FloatFormat(stored.elementType) != nil,
            RotationGroup(inputs: shape[shape.count - 1]) != nil
        else {
            throw CheckpointError(
                .invalidShape,
                path: path,
                tensor: stored.name,
                "is said to be rotated, which \(stored.elementType) of \(shape) cannot be"
            )
        }
        if shape.count == 4 { shape = [shape[0], shape[3], shape[1], shape[2]] }
        return try TensorDescription(name: name, elementType: .float32, shape: shape)
    }

    package func withBytes<Result>(
        of name: String,
        _ body: (RawSpan) throws -> Result
    ) throws -> Result {
        let short = shortNames[name] ?? name
        guard rotated.contains(name), let description = tensors[name] else {
            return try file.withBytes(of: short, body)
        }
        let numbers = try restored(description, short)
        let bytes = numbers.bytes(as: .float32)
        return try body(unsafe bytes.span.bytes)
    }

    /// The numbers of a rotated tensor, in PyTorch's order.
    private func restored(_ description: TensorDescription, _ short: String) throws -> Matrix {
        let rows = description.shape[0]
        let window = description.shape.dropFirst(2).reduce(1, *)
        let numbers = Matrix(rows: rows, columns: window * description.shape[1])
        let stored = try file.description(of: short)
        guard let format = FloatFormat(stored.elementType) else { return numbers }
        try file.withBytes(of: short) { numbers.copy(from: $0, format: format) }
        numbers.rotateWeight(window: window)
        return window == 1 ? numbers : numbers.withPixelsInnermost(window: window)
    }

    /// How the file stores a parameter; nil if it has none of that name.
    package func stored(_ name: String) -> GGUFTensor? {
        shortNames[name].flatMap { file.stored[$0] }
    }

    /// A weight as the whole numbers of a layer's form; nil where it is not stored so.
    ///
    /// - Throws: as `withBytes`.
    package func integerRows(
        of parameter: ParameterDescription,
        _ form: LayerForm
    ) throws -> IntegerRows? {
        var rows: IntegerRows?
        try withIntegerRows(of: parameter, form) { rows = $0(0..<parameter.shape[0]) }
        return rows
    }

    /// Lends a weight as the whole numbers of a layer's form, some rows at a time; nothing where it is not stored so.
    ///
    /// - Parameters:
    ///   - parameter: A parameter whose presence and shape were checked before.
    ///   - form: The layer's.
    ///   - body: Gets what makes rows, on any thread until it returns: nil for rows whose blocks are other programs'.
    /// - Throws: as `withBytes`; whatever `body` throws.
    func withIntegerRows(
        of parameter: ParameterDescription,
        _ form: LayerForm,
        _ body: (@escaping @Sendable (Range<Int>) -> IntegerRows?) throws -> Void
    ) throws {
        let name = parameter.name
        guard rotated.contains(name), let short = shortNames[name], let stored = file.stored[short],
            let type = IntegerBlocks.type(for: form), stored.type == type
        else { return }
        // What is added was added before the numbers were rounded, or it is too late for that.
        if let addend = form.addend, try !isZero(addend) { return }
        let size = form.window * form.channels / type.blockElementCount * type.blockByteCount
        try file.withStoredBytes(of: short) { bytes in
            guard bytes.byteCount == parameter.shape[0] * size else { return }
            try LentBytes.lend(bytes) { bytes in
                try body { range in
                    bytes.withBytes(in: range.lowerBound * size..<range.upperBound * size) {
                        IntegerBlocks.rows(from: $0, type, count: range.count, form)
                    }
                }
            }
        }
    }

    private func isZero(_ parameter: ParameterDescription) throws -> Bool {
        let numbers = Matrix(rows: 1, columns: parameter.count)
        try CheckpointParameters(self).read(parameter, into: numbers)
        return numbers.toArray().allSatisfy { $0 == 0 }
    }

    package func releaseResidentPages(of name: String) {
        file.releaseResidentPages(of: shortNames[name] ?? name)
    }

    package func prefetch(_ name: String) -> Int { file.prefetch(shortNames[name] ?? name) }

    package var hasChecksums: Bool { file.hasChecksums }

    package func verifyChecksums() throws(CheckpointError) { try file.verifyChecksums() }
}

/// Parameters of a model file.
package struct ModelFileParameters: ParameterSource {
    private let weights: ModelFileWeights

    /// Wraps the weights of an open file.
    package init(_ weights: ModelFileWeights) {
        self.weights = weights
    }

    package func read(_ parameter: ParameterDescription, into matrix: Matrix) throws {
        try CheckpointParameters(weights).read(parameter, into: matrix)
    }

    package func table(of parameter: ParameterDescription) throws -> NumberTable {
        try CheckpointParameters(weights).table(of: parameter)
    }

    package func withRows(
        of parameter: ParameterDescription,
        _ form: LayerForm,
        _ body: (PackableRows.Maker) throws -> Bool
    ) throws {
        var areThere = false
        try weights.withIntegerRows(of: parameter, form) { make in
            areThere = try body { make($0).map(PackableRows.whole) }
        }
        guard !areThere else { return }
        try CheckpointParameters(weights).withRows(of: parameter, form, body)
    }
}
