package import Tensors

/// Name and shape of one parameter, as the reference checkpoint names it.
package struct ParameterDescription: Hashable, Sendable {
    /// Dotted path of modules, such as `mm_decoder.layers.0.self_attn.q_proj.weight`.
    package let name: String
    /// Extents in PyTorch's order.
    package let shape: [Int]

    /// Number of elements.
    package var count: Int { shape.reduce(1, *) }

    /// Names a parameter and its shape.
    package init(name: String, shape: [Int]) {
        self.name = name
        self.shape = shape
    }
}

/// How the weight of a layer is packed: its rows are the layer's outputs, as many as its first extent says.
package struct LayerForm: Hashable, Sendable {
    /// The format of the layer.
    package let format: WeightFormat
    /// Inputs of a pixel.
    package let channels: Int
    /// Pixels of a convolution's window; 1 for a linear layer.
    package let window: Int
    /// A weight that is added to the last rows before they are packed; nil for none.
    package let addend: ParameterDescription?

    /// A form with its sizes.
    package init(
        format: WeightFormat,
        channels: Int,
        window: Int = 1,
        addend: ParameterDescription? = nil
    ) {
        self.format = format
        self.channels = channels
        self.window = window
        self.addend = addend
    }
}

/// Where the numbers of parameters come from.
package protocol ParameterSource {
    /// Fills a contiguous matrix with a parameter's elements in PyTorch's order.
    ///
    /// - Parameters:
    ///   - parameter: A parameter whose presence and shape were checked before.
    ///   - matrix: Has as many elements as the parameter.
    /// - Throws: if the numbers cannot be read.
    func read(_ parameter: ParameterDescription, into matrix: Matrix) throws

    /// Lends the weight of a layer, some rows at a time.
    ///
    /// - Parameters:
    ///   - parameter: A parameter whose presence and shape were checked before.
    ///   - form: How it is packed; rows of numbers are [rows, window · channels], the channels of a pixel side by side, and
    ///     what is added to the last of them is added.
    ///   - body: Gets what makes rows, until it returns; returns whether all that it wanted were there. If not it is called
    ///     once more, with numbers.
    /// - Throws: if the numbers cannot be read; whatever `body` throws.
    func withRows(
        of parameter: ParameterDescription,
        _ form: LayerForm,
        _ body: (PackableRows.Maker) throws -> Bool
    ) throws

    /// A parameter of two extents as it is stored, for what is read row by row.
    ///
    /// - Throws: if the numbers cannot be read.
    func table(of parameter: ParameterDescription) throws -> NumberTable
}

extension ParameterSource {
    package func withRows(
        of parameter: ParameterDescription,
        _ form: LayerForm,
        _ body: (PackableRows.Maker) throws -> Bool
    ) throws {
        let numbers = try numbers(of: parameter, form)
        _ = try body { .numbers(numbers.rows($0)) }
    }

    package func table(of parameter: ParameterDescription) throws -> NumberTable {
        let numbers = Matrix(
            rows: parameter.shape[0],
            columns: parameter.count / max(1, parameter.shape[0])
        )
        try read(parameter, into: numbers)
        let table = NumberTable(rows: numbers.rows, columns: numbers.columns, format: .float32)
        let bytes = numbers.bytes(as: .float32)
        table.fill(from: unsafe bytes.span.bytes)
        return table
    }

    /// The weight of a layer as numbers: [outputs, window · channels], the channels of a pixel side by side.
    ///
    /// What is added to its last rows is added.
    private func numbers(of parameter: ParameterDescription, _ form: LayerForm) throws -> Matrix {
        let columns = form.window * form.channels
        let stored = Matrix(rows: parameter.count / columns, columns: columns)
        try read(parameter, into: stored)
        if let addend = try added(form) {
            stored.rows(stored.rows - addend.rows..<stored.rows).add(addend)
        }
        return form.window == 1 ? stored : stored.withPixelsOutermost(window: form.window)
    }

    /// What is added to the last rows of a weight; nil for nothing.
    func added(_ form: LayerForm) throws -> Matrix? {
        guard let addend = form.addend else { return nil }
        let columns = form.window * form.channels
        let added = Matrix(rows: addend.count / columns, columns: columns)
        try read(addend, into: added)
        return added
    }
}

extension Matrix {
    /// Adds a matrix of the same shape.
    func add(_ other: Matrix) {
        for row in 0..<rows {
            for column in 0..<columns { self[row, column] += other[row, column] }
        }
    }

    /// Adds the rows of another matrix whose first one belongs to this row, where there are such; it may lie above or below
    /// this matrix.
    func add(_ other: Matrix, below row: Int) {
        for index in 0..<other.rows where (0..<rows).contains(row + index) {
            self.row(row + index).add(other.row(index))
        }
    }

    /// Rows whose windows are PyTorch's, [channels][pixels], as [pixels][channels].
    func withPixelsOutermost(window: Int) -> Matrix {
        transposingRows(columns / window, window)
    }

    /// Rows whose windows are [pixels][channels] as PyTorch's, [channels][pixels].
    func withPixelsInnermost(window: Int) -> Matrix {
        transposingRows(window, columns / window)
    }

    /// Rows of [outer][inner] numbers as rows of [inner][outer] numbers.
    private func transposingRows(_ outer: Int, _ inner: Int) -> Matrix {
        let result = Matrix(rows: rows, columns: columns)
        for row in 0..<rows {
            withRow(row) { source in
                result.withMutableRow(row) { target in
                    for index in 0..<inner {
                        for run in 0..<outer {
                            target[index * outer + run] = source[run * inner + index]
                        }
                    }
                }
            }
        }
        return result
    }
}

/// A source without numbers: everything stays zero and costs no memory, as nothing is written.
///
/// For asking a configuration which parameters its model has, and what they take.
package struct NoParameters: ParameterSource {
    private let tableFormat: FloatFormat

    /// Makes the source.
    ///
    /// - Parameter tableFormat: How what is read row by row would be stored.
    package init(tableFormat: FloatFormat = .float32) {
        self.tableFormat = tableFormat
    }

    package func read(_ parameter: ParameterDescription, into matrix: Matrix) throws {}

    package func table(of parameter: ParameterDescription) -> NumberTable {
        NumberTable(
            rows: parameter.shape[0],
            columns: parameter.count / max(1, parameter.shape[0]),
            format: tableFormat
        )
    }
}
