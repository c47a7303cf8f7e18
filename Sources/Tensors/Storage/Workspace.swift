/// Scratch memory for one forward pass: matrices are taken one after the other and given back
/// together at the end of a scope.
///
/// After the first pass of a given size nothing is allocated any more. Contents of a matrix are
/// undefined until written.
package final class Workspace {
    private var chunks: [TensorStorage] = []
    private var chunkIndex = 0
    private var offset = 0
    /// Elements that are taken, and the most that ever were.
    private var takenCount = 0
    private var largestCount = 0

    /// Smallest block that is allocated, in elements: 16 MiB.
    private static let minimumChunk = 4 << 20

    /// Makes an empty workspace.
    package init() {}

    /// Memory held, in bytes.
    package var byteCount: Int { chunks.reduce(0) { $0 + $1.byteCount } }

    /// The most that was ever taken at a time, in bytes.
    package var largestByteCount: Int { largestCount * MemoryLayout<Float>.stride }

    /// Takes memory for passes that need so much at most, and writes to all of it, so that no pass waits for pages.
    ///
    /// - Precondition: nothing is taken.
    package func reserve(byteCount: Int) {
        precondition(takenCount == 0, "scratch memory is reserved while some is in use")
        let size = MemoryLayout<Float>.stride
        largestCount = max(largestCount, (byteCount + size - 1) / size)
        guard self.byteCount < largestCount * size else { return }
        merge()
        chunks[0].populate()
    }

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
                takenCount += needed
                largestCount = max(largestCount, takenCount)
                return matrix
            }
            chunkIndex += 1
            offset = 0
        }
    }

    /// Runs `body` and gives back every matrix that it took.
    package func scope<Result>(_ body: () throws -> Result) rethrows -> Result {
        let mark = (chunkIndex, offset, takenCount)
        defer {
            (chunkIndex, offset, takenCount) = mark
            // Too small a first block would split every later pass over several: merge once idle.
            if takenCount == 0 && chunks.count > 1 { merge() }
        }
        return try body()
    }

    /// One block of the size that passes turned out to need: several have ends that nothing fits in.
    private func merge() {
        chunks = []
        let elements = max(largestCount, Self.minimumChunk)
        chunks = [TensorStorage(byteCount: elements * MemoryLayout<Float>.stride)]
    }
}
