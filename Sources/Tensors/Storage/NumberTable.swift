/// Rows of numbers in the format in which they are stored, read one at a time: a table of embeddings.
///
/// A row is the same numbers in single precision as when all of it is converted at once.
package struct NumberTable: Sendable {
    /// Number of rows.
    package let rows: Int
    /// Numbers of a row.
    package let columns: Int
    /// How they are stored.
    package let format: FloatFormat
    private let storage: TensorStorage

    /// A table of zeros, which takes no memory until it is filled.
    package init(rows: Int, columns: Int, format: FloatFormat) {
        self.rows = rows
        self.columns = columns
        self.format = format
        storage = TensorStorage(byteCount: rows * columns * format.byteCount)
    }

    /// Copies stored numbers, row-major.
    ///
    /// - Precondition: there are as many as the table has.
    package func fill(from bytes: RawSpan) {
        precondition(bytes.byteCount == byteCount, "\(bytes.byteCount) bytes for \(byteCount)")
        unsafe bytes.withUnsafeBytes { source in
            guard let start = source.baseAddress else { return }
            unsafe storage.address.copyMemory(from: start, byteCount: source.count)
        }
    }

    /// Memory of the numbers.
    package var byteCount: Int { rows * columns * format.byteCount }

    /// Converts a row. `out` [1, columns]
    package func copyRow(_ index: Int, into out: Matrix) {
        precondition(index >= 0 && index < rows, "row \(index) of \(rows)")
        precondition(out.rows == 1 && out.columns == columns)
        let size = columns * format.byteCount
        let row = unsafe UnsafeRawBufferPointer(
            start: storage.address + index * size,
            count: size
        )
        out.copy(from: unsafe row.bytes, format: format)
    }
}
