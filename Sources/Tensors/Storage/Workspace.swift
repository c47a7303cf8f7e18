/// Scratch memory for one forward pass: matrices are taken one after the other and given back
/// together at the end of a scope.
///
/// After the first pass of a given size nothing is allocated any more. Contents of a matrix are
/// undefined until written.
package final class Workspace {
    private var chunks: [TensorStorage] = []
    private var chunkIndex = 0
    private var offset = 0

    /// Smallest block that is allocated, in elements: 16 MiB.
    private static let minimumChunk = 4 << 20

    /// Makes an empty workspace.
    package init() {}

    /// Memory held, in bytes.
    package var byteCount: Int { chunks.reduce(0) { $0 + $1.byteCount } }

    /// Takes a contiguous matrix that is valid until the enclosing ``scope(_:)`` ends.
    package func matrix(_ rows: Int, _ columns: Int) -> Matrix {
        let needed = (rows * columns + 15) & ~15
        while true {
            if chunkIndex == chunks.count {
                let elements = max(needed, Self.minimumChunk)
                chunks.append(TensorStorage(byteCount: elements * MemoryLayout<Float>.stride))
            }
            let chunk = chunks[chunkIndex]
            if offset + needed <= chunk.byteCount / MemoryLayout<Float>.stride {
                let matrix = Matrix(
                    storage: chunk,
                    offset: offset,
                    rows: rows,
                    columns: columns,
                    stride: columns
                )
                offset += needed
                return matrix
            }
            chunkIndex += 1
            offset = 0
        }
    }

    /// Runs `body` and gives back every matrix that it took.
    package func scope<Result>(_ body: () throws -> Result) rethrows -> Result {
        let mark = (chunkIndex, offset)
        defer {
            (chunkIndex, offset) = mark
            // Too small a first block would split every later pass over several: merge once idle.
            if mark == (0, 0) && chunks.count > 1 { merge() }
        }
        return try body()
    }

    private func merge() {
        let total = byteCount
        chunks = []
        chunks = [TensorStorage(byteCount: total)]
    }
}
