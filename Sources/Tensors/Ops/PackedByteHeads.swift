internal import CKernels

/// Keys and values of all heads of all samples, rounded and packed as the weights of attention's two products; scratch
/// memory.
struct PackedByteHeads {
    /// The outputs are the keys.
    let keys: PackedBytes
    /// The inputs are the keys.
    let values: PackedBytes

    /// Packs into scratch memory of the caller's scope.
    ///
    /// Shapes: `keys`, `values` per sample [keys, heads·headSize], all of one size.
    init(
        _ compute: Compute,
        keys: [Matrix],
        values: [Matrix],
        heads: Int,
        rotation: RotationGroup
    ) {
        let (count, indices) = (keys[0].rows, keys.count * heads)
        let (headSize, valueSize) = (keys[0].columns / heads, values[0].columns / heads)
        self.keys = PackedBytes(indices, outputs: count, inputs: headSize, compute.workspace)
        self.values = PackedBytes(indices, outputs: valueSize, inputs: count, compute.workspace)
        let keyExtremes = ColumnExtremes(of: keys, compute)
        let valueExtremes = ColumnExtremes(of: values, compute)
        for index in 0..<indices {
            let columns = index % heads * valueSize..<(index % heads + 1) * valueSize
            let scales = valueExtremes.byteScales.row(index / heads).columns(columns)
            self.values.scales.row(index).copy(from: scales)
        }
        // Runs of whole groups of inputs, so that parts write disjoint memory.
        let run = compute.shareCount <= 4 ? 256 : 64
        let runs = (count + run - 1) / run
        let scratch = (0..<compute.workerCount).map { _ in
            (
                centred: compute.scratch(run, headSize),
                bytes: ByteRows(rows: run, columns: headSize, compute.workspace)
            )
        }
        let byteCount = 2 * keys.count * Compute.byteCount(keys[0], values[0])
        compute.pool.run(indices * runs, byteCount: byteCount) { [self] part, worker in
            let (index, first) = (part / runs, part % runs * run)
            let (sample, head) = (index / heads, index % heads)
            let rows = first..<min(count, first + run)
            let columns = head * headSize..<(head + 1) * headSize
            let centred = scratch[worker].centred.rows(0..<rows.count)
            centred.copy(from: keys[sample].rows(rows).columns(columns))
            keyExtremes.centre(centred, matrix: sample, columns)
            scratch[worker].bytes.round(centred, rotation, rotated: centred)
            self.keys.packOutputs(scratch[worker].bytes, index, firstOutput: first, rows.count)
            let valueColumns = head * valueSize..<(head + 1) * valueSize
            self.values.packInputs(
                values[sample].rows(rows).columns(valueColumns),
                index,
                firstInput: first,
                largest: valueExtremes.magnitudes.row(sample).columns(valueColumns)
            )
        }
    }
}

/// Weights of some products of bytes, all of one size; scratch memory.
@safe struct PackedBytes {
    /// Of every output, [weights, outputs].
    let scales: Matrix
    private let outputs: Int
    private let inputs: Int
    // Words that hold bytes: a row of [panel][inputs / 4][16][4] per weight.
    private let words: Matrix

    init(_ count: Int, outputs: Int, inputs: Int, _ workspace: Workspace) {
        self.outputs = outputs
        self.inputs = inputs
        scales = workspace.matrix(count, outputs)
        let size = PackedWeight.panelCount(outputs) * PackedWeight.panelWidth
        words = workspace.matrix(count, size * ByteRows.padded(inputs) / 4)
    }

    private func bytes(_ index: Int) -> UnsafeMutablePointer<UInt8> {
        unsafe UnsafeMutableRawPointer(words.row(index).base).assumingMemoryBound(to: UInt8.self)
    }

    /// Packs rows of bytes as outputs of a weight.
    func packOutputs(_ rows: ByteRows, _ index: Int, firstOutput: Int, _ count: Int) {
        unsafe ilv_matmul_pack_i8(
            bytes(index),
            rows.bytes(from: 0),
            rows.stride,
            inputs,
            firstOutput,
            count
        )
        for row in 0..<count {
            scales[index, firstOutput + row] = unsafe rows.scales(from: row).pointee
        }
    }

    /// Rounds rows, and packs them as inputs of a weight.
    ///
    /// Shapes: `rows` [inputs from `firstInput` on, outputs] · `largest` [1, outputs].
    func packInputs(_ rows: Matrix, _ index: Int, firstInput: Int, largest: Matrix) {
        unsafe ilv_matmul_pack_inputs_i8(
            bytes(index),
            rows.base,
            rows.stride,
            inputs,
            outputs,
            firstInput,
            rows.rows,
            largest.base
        )
    }

    /// One thread's product of the first rows with a weight.
    ///
    /// Shapes: `out` [rows, outputs].
    func multiply(_ rows: ByteRows, _ index: Int, into out: Matrix, adding: Bool = false) {
        unsafe ilv_matmul_i8(
            out.base,
            out.stride,
            rows.bytes(from: 0),
            rows.stride,
            rows.scales(from: 0),
            rows.sums(from: 0),
            bytes(index),
            scales.row(index).base,
            nil,
            out.rows,
            inputs,
            outputs,
            adding ? 1 : 0
        )
    }
}

/// What the columns of some matrices of one size extend to; scratch memory.
///
/// Not a number where a column holds one that is not finite.
private struct ColumnExtremes {
    /// The largest magnitude of each column, [matrices, columns].
    let magnitudes: Matrix
    /// Of which bytes are multiples, [matrices, columns].
    let byteScales: Matrix
    /// What brings the middle of each column's extremes to zero, [matrices, columns].
    private let shifts: Matrix

    init(of matrices: [Matrix], _ compute: Compute) {
        let (rows, columns) = (matrices[0].rows, matrices[0].columns)
        magnitudes = compute.scratch(matrices.count, columns)
        byteScales = compute.scratch(matrices.count, columns)
        shifts = compute.scratch(matrices.count, columns)
        // No order changes extremes, so rows may be looked at in any pieces.
        let pieces = min(rows, 2 * compute.shareCount)
        let found = compute.scratch(matrices.count * 2 * pieces, columns)
        let byteCount = matrices.count * Compute.byteCount(matrices[0])
        compute.pool.run(matrices.count * pieces, byteCount: byteCount) { part, _ in
            let piece = part % pieces
            Self.find(
                in: matrices[part / pieces]
                    .rows(piece * rows / pieces..<(piece + 1) * rows / pieces),
                least: found.row(2 * part),
                most: found.row(2 * part + 1)
            )
        }
        let (least, most) = (compute.scratch(1, columns), compute.scratch(1, columns))
        for matrix in matrices.indices {
            let own = found.rows(2 * matrix * pieces..<2 * (matrix + 1) * pieces)
            Self.find(in: own, least: least, most: most)
            for column in 0..<columns {
                let (low, high) = (least[0, column], most[0, column])
                let magnitude = max(-low, high)
                shifts[matrix, column] = -0.5 * (low + high)
                magnitudes[matrix, column] = magnitude
                byteScales[matrix, column] = magnitude < 1e-36 ? 0 : magnitude / 127
            }
        }
    }

    private static func find(in rows: Matrix, least: Matrix, most: Matrix) {
        unsafe ilv_column_extremes_f32(
            least.base,
            most.base,
            rows.base,
            rows.stride,
            rows.rows,
            rows.columns
        )
    }

    /// Moves rows of some columns of a matrix so that these columns' middle is at zero.
    func centre(_ rows: Matrix, matrix: Int, _ columns: Range<Int>) {
        unsafe ilv_bias_add_f32(
            rows.base,
            rows.stride,
            shifts.row(matrix).columns(columns).base,
            rows.rows,
            rows.columns
        )
    }
}
