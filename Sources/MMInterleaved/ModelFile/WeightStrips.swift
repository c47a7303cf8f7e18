internal import Checkpoints
package import Tensors

/// Where a model file's numbers come from: parameters from their first row to their last, some rows at a time, so that
/// no parameter is ever in memory as a whole.
package protocol WeightStrips: Sendable {
    /// What the numbers are of, for messages.
    var path: String { get }

    /// The format in which a parameter is stored where it is not rounded.
    ///
    /// - Throws: if there is no such parameter.
    func storedFormat(of parameter: ParameterDescription) throws -> FloatFormat

    /// Lends the numbers of a parameter in PyTorch's order, [rows, columns] of its strips, the first rows first.
    ///
    /// - Parameters:
    ///   - parameter: A parameter whose presence and shape were checked before.
    ///   - strips: Which rows are wanted together.
    ///   - body: Gets every strip; what it writes to it is lost.
    /// - Throws: if the numbers cannot be read; whatever `body` throws.
    func read(
        _ parameter: ParameterDescription,
        _ strips: RowStrips,
        _ body: (Matrix) throws -> Void
    ) throws

    /// Lends the bytes of a parameter as it is stored, in pieces.
    ///
    /// - Throws: if the bytes cannot be read; whatever `body` throws.
    func copy(_ parameter: ParameterDescription, _ body: (RawSpan) throws -> Void) throws

    /// Told when a parameter has been read.
    func releaseResidentPages(of parameter: ParameterDescription)
}

/// The rows of a parameter that are read together: about 64 MB of numbers in single precision, and at least 64 rows.
package struct RowStrips: Hashable, Sendable {
    /// Numbers of a row.
    package let columns: Int
    /// The rows of each strip; all but the last are as many, a multiple of ``unit``.
    package let ranges: [Range<Int>]

    /// Numbers of a strip.
    private static let elementCount = 1 << 24
    /// What the rows of a strip are a multiple of: random numbers come in blocks of 16, rows are rounded in runs of 64.
    package static let unit = 64

    /// Cuts rows of so many numbers.
    package init(rows: Int, columns: Int) {
        self.columns = columns
        let count = max(1, Self.elementCount / max(1, columns) / Self.unit) * Self.unit
        var ranges: [Range<Int>] = []
        var start = 0
        while start < rows {
            // A rest of less than a unit goes with the strip before it.
            let end = rows - start < count + Self.unit ? rows : start + count
            ranges.append(start..<end)
            start = end
        }
        self.ranges = ranges
    }

    /// Cuts a parameter along its first extent; one that has no other is a single row.
    package init(_ parameter: ParameterDescription) {
        let rows = parameter.shape.count > 1 ? parameter.shape[0] : 1
        self.init(rows: rows, columns: rows == 0 ? 0 : parameter.count / rows)
    }

    /// Rows of all strips.
    package var rowCount: Int { ranges.last?.upperBound ?? 0 }

    /// Memory for the longest strip.
    func makeMatrix() -> Matrix {
        Matrix(rows: ranges.map(\.count).max() ?? 0, columns: columns)
    }
}

/// The numbers of an open checkpoint.
struct CheckpointStrips: WeightStrips {
    let reader: any CheckpointReader

    var path: String { reader.path }

    func storedFormat(of parameter: ParameterDescription) throws -> FloatFormat {
        FloatFormat(try reader.description(of: parameter.name).elementType) ?? .float32
    }

    func read(
        _ parameter: ParameterDescription,
        _ strips: RowStrips,
        _ body: (Matrix) throws -> Void
    ) throws {
        let format = try storedFormat(of: parameter)
        let memory = strips.makeMatrix()
        let rowByteCount = strips.columns * format.byteCount
        try reader.withBytes(of: parameter.name) { bytes in
            guard bytes.byteCount == parameter.count * format.byteCount else {
                throw CheckpointError(
                    .invalidShape,
                    path: path,
                    tensor: parameter.name,
                    "expected \(parameter.shape) of \(format.rawValue), found \(bytes.byteCount) bytes"
                )
            }
            for range in strips.ranges {
                let strip = memory.rows(0..<range.count)
                let start = range.lowerBound * rowByteCount
                strip.copy(
                    from: bytes.extracting(start..<start + range.count * rowByteCount),
                    format: format
                )
                try body(strip)
            }
        }
    }

    func copy(_ parameter: ParameterDescription, _ body: (RawSpan) throws -> Void) throws {
        try reader.withBytes(of: parameter.name, body)
    }

    func releaseResidentPages(of parameter: ParameterDescription) {
        reader.releaseResidentPages(of: parameter.name)
    }
}
