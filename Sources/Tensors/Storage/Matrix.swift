/// A view of rows x columns of 32-bit floats: tokens x channels, pixels x channels, weights.
///
/// Rows are contiguous and `stride` elements apart. A copy of a `Matrix` views the same numbers;
/// writing through one is seen through all of them.
@safe package struct Matrix {
    /// Number of rows: tokens, patches, pixels.
    package let rows: Int
    /// Number of columns: channels.
    package let columns: Int
    /// Distance between two rows, in elements; at least `columns`.
    package let stride: Int

    let base: UnsafeMutablePointer<Float>
    private let storage: TensorStorage

    /// Views part of a storage.
    /// - Precondition: the view lies inside the storage.
    init(storage: TensorStorage, offset: Int, rows: Int, columns: Int, stride: Int) {
        precondition(
            rows >= 0 && columns >= 0 && stride >= columns && offset >= 0,
            "matrix [\(rows), \(columns)] with stride \(stride) at \(offset)"
        )
        let needed = rows == 0 ? 0 : offset + (rows - 1) * stride + columns
        precondition(
            needed * MemoryLayout<Float>.stride <= storage.byteCount,
            "matrix [\(rows), \(columns)] does not fit its storage"
        )
        self.storage = storage
        self.rows = rows
        self.columns = columns
        self.stride = stride
        unsafe base = storage.address.assumingMemoryBound(to: Float.self) + offset
    }

    private init(of other: Matrix, row: Int, column: Int, rows: Int, columns: Int) {
        storage = other.storage
        self.rows = rows
        self.columns = columns
        stride = other.stride
        unsafe base = other.base + (row * other.stride + column)
    }

    private init(reshaping other: Matrix, rows: Int, columns: Int) {
        storage = other.storage
        self.rows = rows
        self.columns = columns
        stride = columns
        unsafe base = other.base
    }

    /// Allocates a zeroed matrix with contiguous rows.
    package init(rows: Int, columns: Int) {
        self.init(
            storage: TensorStorage(byteCount: rows * columns * MemoryLayout<Float>.stride),
            offset: 0,
            rows: rows,
            columns: columns,
            stride: columns
        )
    }

    /// Copies `values`, row-major.
    /// - Precondition: there are rows x columns of them.
    package init(rows: Int, columns: Int, values: [Float]) {
        self.init(rows: rows, columns: columns)
        copy(from: values)
    }

    /// Number of elements.
    package var count: Int { rows * columns }

    /// Whether the rows follow one another without gaps.
    package var isContiguous: Bool { stride == columns || rows <= 1 }

    /// One element.
    package subscript(row: Int, column: Int) -> Float {
        get {
            precondition(row >= 0 && row < rows && column >= 0 && column < columns)
            return unsafe base[row * stride + column]
        }
        nonmutating set {
            precondition(row >= 0 && row < rows && column >= 0 && column < columns)
            unsafe base[row * stride + column] = newValue
        }
    }

    /// The rows in `range`, as a view.
    package func rows(_ range: Range<Int>) -> Matrix {
        precondition(range.lowerBound >= 0 && range.upperBound <= rows, "rows \(range) of \(rows)")
        return Matrix(
            of: self,
            row: range.lowerBound,
            column: 0,
            rows: range.count,
            columns: columns
        )
    }

    /// One row, as a view.
    package func row(_ index: Int) -> Matrix { rows(index..<index + 1) }

    /// The columns in `range`, as a view.
    package func columns(_ range: Range<Int>) -> Matrix {
        precondition(
            range.lowerBound >= 0 && range.upperBound <= columns,
            "columns \(range) of \(columns)"
        )
        return Matrix(
            of: self,
            row: 0,
            column: range.lowerBound,
            rows: rows,
            columns: range.count
        )
    }

    /// The same elements with another number of columns.
    /// - Precondition: the rows are contiguous and the number of elements is equal.
    package func reshaped(rows: Int, columns: Int) -> Matrix {
        precondition(
            isContiguous && rows * columns == count,
            "reshape [\(self.rows), \(self.columns)] to [\(rows), \(columns)]"
        )
        return Matrix(reshaping: self, rows: rows, columns: columns)
    }
}

// Sendable: see TensorStorage; a Matrix adds constants only.
extension Matrix: @unchecked Sendable {}

// MARK: - Whole contents

extension Matrix {
    /// Sets every element.
    package func fill(_ value: Float) {
        for row in 0..<rows {
            unsafe (base + row * stride).update(repeating: value, count: columns)
        }
    }

    /// Copies all elements of `other`.
    /// - Precondition: both have the same shape and do not overlap.
    package func copy(from other: Matrix) {
        precondition(
            rows == other.rows && columns == other.columns,
            "copy [\(other.rows), \(other.columns)] to [\(rows), \(columns)]"
        )
        if isContiguous && other.isContiguous {
            unsafe base.update(from: other.base, count: count)
            return
        }
        for row in 0..<rows {
            unsafe (base + row * stride).update(
                from: other.base + row * other.stride,
                count: columns
            )
        }
    }

    /// Copies `values`, row-major.
    /// - Precondition: there are rows x columns of them.
    package func copy(from values: [Float]) {
        precondition(values.count == count, "\(values.count) values for [\(rows), \(columns)]")
        unsafe values.withUnsafeBufferPointer { source in
            guard let start = source.baseAddress else { return }
            for row in 0..<rows {
                unsafe (base + row * stride).update(from: start + row * columns, count: columns)
            }
        }
    }

    /// All elements, row-major.
    package func toArray() -> [Float] {
        unsafe [Float](unsafeUninitializedCapacity: count) { target, initializedCount in
            if let start = target.baseAddress {
                for row in 0..<rows {
                    unsafe (start + row * columns).initialize(
                        from: base + row * stride,
                        count: columns
                    )
                }
            }
            initializedCount = count
        }
    }

    /// Lends one row for reading.
    package func withRow<Result>(
        _ index: Int,
        _ body: (Span<Float>) throws -> Result
    ) rethrows -> Result {
        precondition(index >= 0 && index < rows, "row \(index) of \(rows)")
        let row = unsafe UnsafeBufferPointer(start: base + index * stride, count: columns)
        return try body(unsafe row.span)
    }

    /// Lends one row for writing.
    package func withMutableRow<Result>(
        _ index: Int,
        _ body: (inout MutableSpan<Float>) throws -> Result
    ) rethrows -> Result {
        precondition(index >= 0 && index < rows, "row \(index) of \(rows)")
        let row = unsafe UnsafeMutableBufferPointer(start: base + index * stride, count: columns)
        var span = unsafe row.mutableSpan
        return try body(&span)
    }

    /// Whether every element is a finite number.
    package var isFinite: Bool {
        for row in 0..<rows {
            let finite = withRow(row) { span in
                // The sum of x * 0 is 0 unless an element is infinite or not a number; it vectorises.
                var probe: Float = 0
                for index in span.indices { probe += span[index] * 0 }
                return probe == 0
            }
            if !finite { return false }
        }
        return true
    }
}
