package import Tensors

/// Hands a model's parts their weights by name, packed for the rows x channels layout, and keeps the
/// list of all that were asked for.
///
/// A part asks for what it needs relative to its own module path:
/// `parameters["encoder"].linear("fc1", inputs: 64, outputs: 256)`.
package struct Parameters {
    /// Every parameter that the model asked for, in order.
    package final class Ledger {
        package fileprivate(set) var asked: [ParameterDescription] = []
        /// Those that are packed as they are read, by name, and how.
        package fileprivate(set) var layers: [String: LayerForm] = [:]
        /// Names of the weights whose formats were looked up: of layers that are computed as one, the first.
        package fileprivate(set) var formatNames: Set<String> = []
        /// Memory of what was kept.
        package fileprivate(set) var memory: [WeightMemory.Place: Int] = [:]
        fileprivate let source: any ParameterSource
        /// What formats weights get.
        package let formats: FormatPolicy
        fileprivate let progress: (ParameterDescription) -> Void
        private let maximumElementCount: Int
        private var elementCount = 0

        fileprivate init(
            source: any ParameterSource,
            formats: FormatPolicy,
            maximumElementCount: Int,
            progress: @escaping (ParameterDescription) -> Void
        ) {
            self.source = source
            self.formats = formats
            self.maximumElementCount = maximumElementCount
            self.progress = progress
        }

        /// Counts a parameter before any memory is taken for it.
        ///
        /// - Throws: ``ModelConfigurationError`` that names the first one too many.
        fileprivate func count(_ parameter: ParameterDescription) throws(ModelConfigurationError) {
            try requireRoom(for: parameter.shape, parameter.name)
            elementCount += parameter.count
        }

        /// Checks that so many elements more may be asked for.
        ///
        /// - Throws: ``ModelConfigurationError`` that names the parameter.
        fileprivate func requireRoom(
            for shape: [Int],
            _ name: String
        ) throws(ModelConfigurationError) {
            try ModelConfigurationError.check(
                name,
                product: shape,
                atMost: maximumElementCount - elementCount,
                "elements, beside those of earlier parameters,"
            )
        }
    }

    /// More elements than any model has that a machine could hold.
    package static let maximumElementCount = 1 << 37

    /// What was asked for so far.
    package let ledger: Ledger

    private let prefix: String

    /// Starts at the root of the module tree.
    ///
    /// - Parameters:
    ///   - source: Where the numbers come from.
    ///   - formats: What formats they get.
    ///   - maximumElementCount: Elements of all parameters together, for those who are not sure of the sizes.
    ///   - progress: Called before each parameter is read.
    package init(
        from source: any ParameterSource,
        formats: FormatPolicy = .f32,
        maximumElementCount: Int = Self.maximumElementCount,
        progress: @escaping (ParameterDescription) -> Void = { _ in }
    ) {
        ledger = Ledger(
            source: source,
            formats: formats,
            maximumElementCount: maximumElementCount,
            progress: progress
        )
        prefix = ""
    }

    private init(ledger: Ledger, prefix: String) {
        self.ledger = ledger
        self.prefix = prefix
    }

    /// The parameters of a submodule.
    package subscript(module: String) -> Parameters {
        Parameters(ledger: ledger, prefix: "\(prefix)\(module).")
    }

    /// The parameters of an element of a module list.
    package subscript(index: Int) -> Parameters { self["\(index)"] }

    // MARK: Plain

    /// A parameter as a matrix: the first extent as rows, all others as columns.
    package func matrix(_ name: String, _ shape: [Int]) throws -> Matrix {
        let matrix = try stored(name, shape)
        keep(matrix)
        return matrix
    }

    /// A parameter of two extents whose rows are read one at a time, in the format in which it is stored.
    package func table(_ name: String, _ shape: [Int]) throws -> NumberTable {
        let table = try ledger.source.table(of: declared(name, shape))
        keep(table.byteCount, table.format.rawValue)
        return table
    }

    /// A parameter as a matrix of which something else is made, that is to be counted by ``keep(_:)``.
    package func stored(_ name: String, _ shape: [Int]) throws -> Matrix {
        let rows = shape.count > 1 ? shape[0] : 1
        let columns = (shape.count > 1 ? shape.dropFirst() : shape[...]).reduce(1, *)
        let parameter = try declared(name, shape)
        let matrix = Matrix(rows: rows, columns: columns)
        try ledger.source.read(parameter, into: matrix)
        return matrix
    }

    /// A parameter of one extent as a matrix [1, count].
    package func vector(_ name: String, _ count: Int) throws -> Matrix {
        try matrix(name, [count])
    }

    private func read(_ name: String, _ shape: [Int], into matrix: Matrix) throws {
        try ledger.source.read(declared(name, shape), into: matrix)
    }

    /// Takes note of a parameter, before any memory is taken for it.
    private func declared(_ name: String, _ shape: [Int]) throws -> ParameterDescription {
        let parameter = ParameterDescription(name: prefix + name, shape: shape)
        try ledger.count(parameter)
        ledger.progress(parameter)
        ledger.asked.append(parameter)
        return parameter
    }

    /// What is made of parameters or of sizes, and kept; zeros while only names and shapes are wanted.
    ///
    /// Shapes: [rows, columns].
    package func made(_ rows: Int, _ columns: Int, _ make: () -> Matrix) -> Matrix {
        let matrix = isDeclaring ? Matrix(rows: rows, columns: columns) : make()
        precondition(matrix.rows == rows && matrix.columns == columns)
        keep(matrix)
        return matrix
    }

    /// Counts memory that the model keeps.
    package func keep(_ matrix: Matrix) {
        keep(matrix.count * MemoryLayout<Float>.stride, WeightFormat.f32.rawValue)
    }

    private func keep(_ layer: LinearWeights) {
        keep(layer.byteCount, layer.format.rawValue)
    }

    private func keep(_ byteCount: Int, _ format: String) {
        let part = prefix.prefix { $0 != "." }
        ledger.memory[WeightMemory.Place(part: String(part), format: format), default: 0] +=
            byteCount
    }

    // MARK: Layers

    /// `name.weight` [outputs, inputs] and `name.bias` [outputs].
    package func linear(
        _ name: String,
        inputs: Int,
        outputs: Int,
        bias: Bool = true
    ) throws -> LinearWeights {
        try fusedLinear([(name, outputs)], inputs: inputs, bias: bias)
    }

    /// Two linear layers over the same input as one: the second adds to the last outputs of the first.
    package func linear(
        _ name: String,
        inputs: Int,
        outputs: Int,
        adding second: (name: String, outputs: Int)
    ) throws -> LinearWeights {
        let (own, added) = (self[name], self[second.name])
        let weight = try own.declared("weight", [outputs, inputs])
        let shift = try own.stored("bias", [outputs])
        let addend = try added.declared("weight", [second.outputs, inputs])
        shift.columns(outputs - second.outputs..<outputs)
            .add(try added.stored("bias", [second.outputs]))
        let form = LayerForm(
            format: format(of: name, inputs: inputs),
            channels: inputs,
            addend: addend
        )
        let layer = LinearWeights(
            outputs: outputs,
            inputs: inputs,
            bias: shift,
            format: form.format
        )
        try pack(weight, form, into: layer, firstOutput: 0)
        keep(layer)
        return layer
    }

    /// Reads the weight of a layer and packs it as its outputs from `firstOutput` on.
    private func pack(
        _ weight: ParameterDescription,
        _ form: LayerForm,
        into layer: LinearWeights,
        firstOutput: Int
    ) throws {
        ledger.layers[weight.name] = form
        guard !isDeclaring else { return }
        try ledger.source.withRows(of: weight, form) { make in
            layer.pack(weight.shape[0], firstOutput: firstOutput, make)
        }
    }

    /// The same two parameters before they are packed, to be changed or combined with others.
    package func storedLinear(
        _ name: String,
        inputs: Int,
        outputs: Int,
        bias: Bool = true
    ) throws -> (weight: Matrix, bias: Matrix?) {
        let parameters = self[name]
        return (
            weight: try parameters.stored("weight", [outputs, inputs]),
            bias: bias ? try parameters.stored("bias", [outputs]) : nil
        )
    }

    /// Packs a weight [outputs, inputs] and a bias [1, outputs] in the format of a layer of that name.
    package func packed(_ weight: Matrix, bias: Matrix?, as name: String) -> LinearWeights {
        packed(weight, bias: bias, format: format(of: name, inputs: weight.columns))
    }

    /// Packs a weight [outputs, inputs] and a bias [1, outputs].
    private func packed(_ weight: Matrix, bias: Matrix?, format: WeightFormat) -> LinearWeights {
        let layer = LinearWeights(
            outputs: weight.rows,
            inputs: weight.columns,
            bias: bias,
            format: format
        )
        if !isDeclaring { layer.pack(weight, firstOutput: 0) }
        keep(layer)
        return layer
    }

    private func format(of name: String, inputs: Int, window: Int = 1) -> WeightFormat {
        let weight = "\(prefix)\(name).weight"
        ledger.formatNames.insert(weight)
        return ledger.formats.format(of: weight, inputs: inputs, window: window)
    }

    /// Several linear layers over the same input as one, in the format of the first: their outputs side by side.
    package func fusedLinear(
        _ layers: [(name: String, outputs: Int)],
        inputs: Int,
        bias: Bool = true
    ) throws -> LinearWeights {
        let total = layers.reduce(0) { $0 + $1.outputs }
        let firstName = layers.first?.name ?? ""
        // The layer takes its address space before its parameters are counted one by one.
        try ledger.requireRoom(for: [total, inputs], "\(prefix)\(firstName).weight")
        let shift = bias ? Matrix(rows: 1, columns: total) : nil
        let form = LayerForm(format: format(of: firstName, inputs: inputs), channels: inputs)
        let fused = LinearWeights(
            outputs: total,
            inputs: inputs,
            bias: shift,
            format: form.format
        )
        var first = 0
        for layer in layers {
            let parameters = self[layer.name]
            let weight = try parameters.declared("weight", [layer.outputs, inputs])
            try pack(weight, form, into: fused, firstOutput: first)
            let range = first..<first + layer.outputs
            if let shift {
                try parameters.read("bias", [layer.outputs], into: shift.columns(range))
            }
            first = range.upperBound
        }
        keep(fused)
        return fused
    }

    /// `name.weight` and `name.bias` of a layer or group normalisation.
    package func norm(_ name: String, channels: Int, epsilon: Float) throws -> NormWeights {
        let parameters = self[name]
        return NormWeights(
            weight: try parameters.vector("weight", channels),
            bias: try parameters.vector("bias", channels),
            epsilon: epsilon
        )
    }

    /// `name.weight` of a root-mean-square normalisation.
    package func rmsNorm(_ name: String, channels: Int, epsilon: Float) throws -> RMSNormWeights {
        RMSNormWeights(weight: try self[name].vector("weight", channels), epsilon: epsilon)
    }

    /// `name.weight` [outputs, inputs, kernel, kernel], packed to [outputs, kernel·kernel·inputs].
    package func convolution(
        _ name: String,
        inputs: Int,
        outputs: Int,
        kernel: Int,
        stride: Int = 1,
        padding: Int = 0,
        bias: Bool = true
    ) throws -> ConvolutionWeights {
        let parameters = self[name]
        let weight = try parameters.declared("weight", [outputs, inputs, kernel, kernel])
        let window = kernel * kernel
        let form = LayerForm(
            format: format(of: name, inputs: inputs, window: window),
            channels: inputs,
            window: window
        )
        let shift = bias ? Matrix(rows: 1, columns: outputs) : nil
        let layer = LinearWeights(
            outputs: outputs,
            inputs: window * inputs,
            bias: shift,
            format: form.format,
            window: window
        )
        try pack(weight, form, into: layer, firstOutput: 0)
        if let shift { try parameters.read("bias", [outputs], into: shift) }
        keep(layer)
        return ConvolutionWeights(linear: layer, kernel: kernel, stride: stride, padding: padding)
    }

    /// A transposed 2x2 convolution with stride 2, `name.weight` [inputs, outputs, 2, 2], packed to
    /// [4·outputs, inputs] with the bias repeated, as
    /// ``Tensors/Compute/transposedConvolution2x2(_:_:grid:into:)`` takes it.
    package func transposedConvolution2x2(
        _ name: String,
        inputs: Int,
        outputs: Int
    ) throws -> LinearWeights {
        let parameters = self[name]
        let stored = try parameters.stored("weight", [inputs, outputs, 2, 2])
        let shift = try parameters.stored("bias", [outputs])
        let weight = Matrix(rows: 4 * outputs, columns: inputs)
        let bias = Matrix(rows: 1, columns: 4 * outputs)
        if !isDeclaring {
            for input in 0..<inputs {
                for output in 0..<outputs {
                    for quarter in 0..<4 {
                        weight[quarter * outputs + output, input] =
                            stored[input, output * 4 + quarter]
                    }
                }
            }
            for quarter in 0..<4 {
                bias.columns(quarter * outputs..<(quarter + 1) * outputs).copy(from: shift)
            }
        }
        return packed(weight, bias: bias, as: name)
    }

    /// A depth-wise 3x3 convolution, `name.weight` [channels, 1, 3, 3], packed to [9, channels].
    package func depthwise3x3(
        _ name: String,
        channels: Int
    ) throws -> (weight: Matrix, bias: Matrix) {
        let parameters = self[name]
        let stored = try parameters.stored("weight", [channels, 1, 3, 3])
        let weight = Matrix(rows: 9, columns: channels)
        keep(weight)
        for channel in 0..<channels {
            for tap in 0..<9 { weight[tap, channel] = stored[channel, tap] }
        }
        return (weight, try parameters.vector("bias", channels))
    }

    /// Whether only names and shapes are wanted, so that what is made of numbers can be left out.
    package var isDeclaring: Bool { ledger.source is NoParameters }
}
