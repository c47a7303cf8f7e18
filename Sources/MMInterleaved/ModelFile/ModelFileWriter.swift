package import Checkpoints
internal import Files
internal import Tensors
internal import Tokenization

/// Writes a model as a file, its weights rounded as a policy says.
///
/// A layer's weight is stored as the whole numbers, or the bfloat16 numbers, that it is rounded to when it is loaded from
/// a directory with the same policy. What is changed or combined before it is packed, what has no such rounding, and
/// what is no layer's weight is stored as it is. So the file's model gives the same bits as the directory's.
package struct ModelFileWriter {
    /// A tensor of the file.
    package struct Entry: Hashable, Sendable {
        /// The parameter.
        package let parameter: ParameterDescription
        /// The tensor, by the file's name.
        package let tensor: GGUFWriter.Tensor
        /// The form of the layer whose weight is rounded; nil for what is stored as it is.
        let form: LayerForm?
        /// Whether zeros are stored, as the numbers were added to those of another parameter before these were rounded.
        let isAdded: Bool
    }

    /// The tensors, in the file's order.
    package let entries: [Entry]
    private let configuration: ModelConfiguration
    private let formats: FormatPolicy
    private let source: any WeightStrips
    private let tokenizer: [UInt8]

    /// Decides how every parameter of a directory is stored; reads no weights.
    ///
    /// - Parameters:
    ///   - directory: The model.
    ///   - formats: The formats of its weights.
    /// - Throws: what opening the weights throws; `FileError`; ``ModelDirectoryError`` for an override that decides
    ///   nothing.
    package init(_ directory: ModelDirectory, formats: FormatPolicy) throws {
        try self.init(
            directory.configuration,
            directory.openWeights(),
            tokenizerPath: directory.tokenizerPath,
            formats: formats
        )
    }

    /// Decides how every parameter is stored; reads no weights.
    ///
    /// - Parameters:
    ///   - configuration: Sizes and defaults.
    ///   - reader: The weights, each under its parameter's name and in its shape.
    ///   - tokenizerPath: The file of the SentencePiece model.
    ///   - formats: The formats of the weights.
    /// - Throws: `TokenizationError`; `FileError`; ``ModelDirectoryError`` for another model's tokenizer and for an
    ///   override that decides nothing.
    package init(
        _ configuration: ModelConfiguration,
        _ reader: any CheckpointReader,
        tokenizerPath: String,
        formats: FormatPolicy
    ) throws {
        // One that does not fit is found now rather than in the end.
        try configuration.vocabulary.requireFit(Tokenizer(modelPath: tokenizerPath), tokenizerPath)
        try self.init(
            configuration,
            CheckpointStrips(reader: reader),
            tokenizer: File.read(
                tokenizerPath,
                maximumByteCount: Tokenizer.maximumModelByteCount
            ),
            formats: formats
        )
    }

    /// Decides how every parameter is stored; reads no weights.
    ///
    /// - Parameters:
    ///   - configuration: Sizes and defaults.
    ///   - source: The weights.
    ///   - tokenizer: Bytes of a SentencePiece model with the configuration's vocabulary.
    ///   - formats: The formats of the weights.
    /// - Throws: ``ModelDirectoryError`` for an override that decides nothing; what `source` throws.
    package init(
        _ configuration: ModelConfiguration,
        _ source: any WeightStrips,
        tokenizer: [UInt8],
        formats: FormatPolicy
    ) throws {
        self.configuration = configuration
        self.formats = formats
        self.source = source
        self.tokenizer = tokenizer
        let parameters = Parameters(from: NoParameters(), formats: formats)
        _ = try InterleavedModel(parameters, configuration)
        let ledger = parameters.ledger
        for override in formats.overrides
        where !ledger.formatNames.contains(where: override.concerns) {
            throw ModelDirectoryError(
                path: source.path,
                detail: """
                    has no weight of a name that begins or ends with \(override.part) and with a format of its own; \
                    layers that are computed as one have the format of the first
                    """
            )
        }
        let added = Set(ledger.layers.values.filter(Self.isRounded).compactMap(\.addend))
        entries = try ledger.asked.map { parameter in
            try Self.entry(
                parameter,
                ledger.layers[parameter.name],
                isAdded: added.contains(parameter),
                source
            )
        }
    }

    /// Whether the weight of a layer is stored as what it is rounded to.
    private static func isRounded(_ form: LayerForm) -> Bool {
        form.format == .bf16 || IntegerBlocks.type(for: form) != nil
    }

    private static func entry(
        _ parameter: ParameterDescription,
        _ form: LayerForm?,
        isAdded: Bool,
        _ source: any WeightStrips
    ) throws -> Entry {
        guard let name = TensorNames.short(of: parameter.name) else {
            throw ModelDirectoryError(
                path: source.path,
                detail: "parameter \(parameter.name) cannot be told from the short form of another"
            )
        }
        let rounded = form.flatMap { isRounded($0) ? $0 : nil }
        var shape = parameter.shape
        let type: GGUFTensorType
        if let rounded {
            type = IntegerBlocks.type(for: rounded) ?? .bfloat16
            if type != .bfloat16, shape.count == 4 {
                shape = [shape[0], shape[2], shape[3], shape[1]]
            }
        } else {
            type = try source.storedFormat(of: parameter).ggufType
        }
        return Entry(
            parameter: parameter,
            tensor: GGUFWriter.Tensor(name: name, type: type, shape: shape),
            form: rounded,
            isAdded: isAdded
        )
    }

    /// Writes the file, which appears once it is complete; the SHA-256 of every tensor goes to a file beside it.
    ///
    /// Memory: a few strips of rows (``RowStrips``), however large a weight is.
    ///
    /// - Parameters:
    ///   - path: The file; one that is there is replaced.
    ///   - progress: Told the share of the weights that has been written, from 0 to 1.
    /// - Throws: `CheckpointError`; ``ModelDirectoryError`` for a weight that cannot be rounded.
    package func write(to path: String, progress: (Double) -> Void) throws {
        let writer = try GGUFWriter.begin(
            path: path,
            keys: keys(),
            tensors: entries.map(\.tensor)
        )
        let total = entries.reduce(0) { $0 + $1.parameter.count }
        var done = 0
        for entry in entries {
            progress(Double(done) / Double(max(1, total)))
            try write(entry, to: writer)
            source.releaseResidentPages(of: entry.parameter)
            done += entry.parameter.count
        }
        try writer.finish()
        progress(1)
    }

    private func keys() throws -> [(name: String, value: GGUFValue)] {
        let encoded = try ModelDirectory.encode(configuration)
        let templates = configuration.templates
        let wordings = String(decoding: TemplateDocument.encode(templates), as: UTF8.self)
        let rotated = entries.filter { $0.tensor.type.blockElementCount > 1 }
        return [
            (ModelFileKeys.architecture, .string(ModelFileKeys.architectureName)),
            (ModelFileKeys.name, .string(configuration.name)),
            (ModelFileKeys.quantizationVersion, .integer(2)),
            (ModelFileKeys.configuration, .string(String(decoding: encoded, as: UTF8.self))),
            (ModelFileKeys.profile, .string(formats.profile.rawValue)),
            (ModelFileKeys.overrides, .array(formats.overrides.map { .string($0.text) })),
            (ModelFileKeys.rotationGroups, .array(RotationGroup.sizes.map(GGUFValue.integer))),
            (ModelFileKeys.rotatedTensors, .array(rotated.map { .string($0.tensor.name) })),
            (ModelFileKeys.tensorNames, .array(entries.map { .string($0.parameter.name) })),
            (ModelFileKeys.tokenizer, .bytes(tokenizer)),
        ] + (templates.isEmpty ? [] : [(ModelFileKeys.templates, .string(wordings))])
    }

    /// Bytes of the file.
    ///
    /// - Throws: `CheckpointError` for what no file holds.
    package func byteCount() throws -> Int {
        try GGUFWriter.byteCount(keys: keys(), tensors: entries.map(\.tensor))
    }

    private func write(_ entry: Entry, to writer: TensorFileWriter) throws {
        let name = entry.tensor.name
        if entry.isAdded {
            let count = entry.parameter.count * entry.tensor.type.blockByteCount
            try unsafe writer.append([UInt8](repeating: 0, count: count).span.bytes, to: name)
            return
        }
        guard let form = entry.form else {
            try source.copy(entry.parameter) { try writer.append($0, to: name) }
            return
        }
        let strips = RowStrips(entry.parameter)
        let addend = try form.addend.map(numbers)
        var next = 0
        try source.read(entry.parameter, strips) { strip in
            let range = strips.ranges[next]
            next += 1
            if let addend {
                strip.add(addend, below: strips.rowCount - addend.rows - range.lowerBound)
            }
            // What is not rotated is stored in PyTorch's order.
            let isReordered = form.window > 1 && form.format != .bf16
            let numbers = isReordered ? strip.withPixelsOutermost(window: form.window) : strip
            for bytes in encoded(numbers, entry, form) {
                let bytes = try bytes.get()
                try unsafe writer.append(bytes.span.bytes, to: name)
            }
        }
    }

    /// A parameter of few rows as a whole.
    private func numbers(of parameter: ParameterDescription) throws -> Matrix {
        let strips = RowStrips(parameter)
        let whole = Matrix(rows: strips.rowCount, columns: strips.columns)
        var next = 0
        try source.read(parameter, strips) { strip in
            whole.rows(strips.ranges[next]).copy(from: strip)
            next += 1
        }
        return whole
    }

    /// Rows as they are stored, in runs of which each is rounded by one thread.
    private func encoded(
        _ numbers: Matrix,
        _ entry: Entry,
        _ form: LayerForm
    ) -> [Result<[UInt8], ModelDirectoryError>] {
        let starts = Array(stride(from: 0, to: numbers.rows, by: RowStrips.unit))
        return concurrentMap(starts.count) { index in
            let start = starts[index]
            let rows = numbers.rows(start..<min(numbers.rows, start + RowStrips.unit))
            return bytes(of: rows, entry, form)
        }
    }

    private func bytes(
        of rows: Matrix,
        _ entry: Entry,
        _ form: LayerForm
    ) -> Result<[UInt8], ModelDirectoryError> {
        Result { () throws(ModelDirectoryError) in
            try form.format == .bf16
                ? rows.brainFloatWeightBytes() : blocks(rows, form, of: entry.parameter)
        }
    }

    private func blocks(
        _ numbers: Matrix,
        _ form: LayerForm,
        of parameter: ParameterDescription
    ) throws(ModelDirectoryError) -> [UInt8] {
        let rows = IntegerRows(rounding: numbers, to: form.format, window: form.window)
        guard rows.isFinite else {
            throw ModelDirectoryError(
                path: source.path,
                detail: """
                    \(parameter.name) has a number that is not finite, or too large for \
                    \(form.format.rawValue): give it another format
                    """
            )
        }
        return IntegerBlocks.bytes(of: rows)
    }
}

extension FloatFormat {
    /// The type that stores the same bytes in a GGUF file.
    fileprivate var ggufType: GGUFTensorType {
        switch self {
        case .float32: .float32
        case .float16: .float16
        case .bfloat16: .bfloat16
        }
    }
}
