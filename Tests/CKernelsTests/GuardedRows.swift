import Testing

/// Rows of numbers in memory whose surroundings are watched.
///
/// The matrix starts one element off any alignment, has a gap after every row and margins before and
/// after, all filled with a canary. The canary of `Float` is a NaN, so a kernel that reads it shows in
/// its result; ``surroundingsIntact`` shows whether one wrote it.
@safe final class GuardedRows<Element: BitwiseCopyable & Equatable> {
    let rows: Int
    let columns: Int
    let stride: Int
    private let memory: UnsafeMutableBufferPointer<Element>
    private let canary: Element
    private let margin = 65

    init(rows: Int, columns: Int, gap: Int, canary: Element, value: (Int, Int) -> Element) {
        self.rows = rows
        self.columns = columns
        self.canary = canary
        stride = columns + gap
        let count = rows * stride + 2 * margin
        unsafe memory = .allocate(capacity: count)
        unsafe memory.initialize(repeating: canary)
        for row in 0..<rows {
            for column in 0..<columns {
                unsafe memory[margin + row * stride + column] = value(row, column)
            }
        }
    }

    deinit {
        unsafe memory.deallocate()
    }

    /// Address of the first element; valid while the object lives.
    var pointer: UnsafeMutablePointer<Element> {
        guard let base = unsafe memory.baseAddress else { preconditionFailure("no memory") }
        return unsafe base + margin
    }

    subscript(row: Int, column: Int) -> Element {
        unsafe memory[margin + row * stride + column]
    }

    /// The matrix without gaps, row after row.
    var values: [Element] {
        (0..<rows).flatMap { row in (0..<columns).map { self[row, $0] } }
    }

    /// Whether every element outside of the matrix still holds the canary's bits.
    var surroundingsIntact: Bool {
        let count = unsafe memory.count
        for index in 0..<count {
            let offset = index - margin
            let isInside =
                offset >= 0 && offset < rows * stride && offset % max(stride, 1) < columns
            if !isInside, unsafe !sameBits(memory[index], canary) {
                return false
            }
        }
        return true
    }

    private func sameBits(_ a: Element, _ b: Element) -> Bool {
        unsafe withUnsafeBytes(of: a) { left in
            unsafe withUnsafeBytes(of: b) { right in unsafe left.elementsEqual(right) }
        }
    }
}

extension GuardedRows where Element == Float {
    /// A matrix with a gap of three elements after every row.
    convenience init(rows: Int, columns: Int, gap: Int = 3, value: (Int, Int) -> Float) {
        self.init(
            rows: rows,
            columns: columns,
            gap: gap,
            canary: Float(nan: 0x1234, signaling: false),
            value: value
        )
    }

    /// A vector.
    convenience init(_ values: [Float]) {
        self.init(rows: 1, columns: values.count) { values[$1] }
    }

    /// A matrix of `values`, row after row.
    convenience init(_ values: [Float], rows: Int, columns: Int, gap: Int = 3) {
        self.init(rows: rows, columns: columns, gap: gap) { values[$0 * columns + $1] }
    }

    /// A matrix to be written, full of a number no kernel here produces.
    convenience init(unwritten rows: Int, columns: Int, gap: Int = 3) {
        self.init(rows: rows, columns: columns, gap: gap) { _, _ in -7777 }
    }
}

extension GuardedRows where Element == UInt16 {
    /// A vector of 16-bit patterns.
    convenience init(patterns values: [UInt16]) {
        self.init(rows: 1, columns: values.count, gap: 3, canary: 0xabcd) { values[$1] }
    }
}

/// Expects `actual` within `absolute + relative * |expected|` of `expected`, element by element.
func expectClose(
    _ actual: [Float],
    _ expected: [Double],
    absolute: Double,
    relative: Double = 0,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(actual.count == expected.count, sourceLocation: sourceLocation)
    for (index, pair) in zip(actual, expected).enumerated() {
        let error = abs(Double(pair.0) - pair.1)
        if !(error <= absolute + relative * abs(pair.1)) {
            Issue.record(
                "element \(index): \(pair.0) instead of \(pair.1)",
                sourceLocation: sourceLocation
            )
            return
        }
    }
}
