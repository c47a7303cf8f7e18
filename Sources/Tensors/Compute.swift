/// What every operation needs: the threads that share its work and scratch memory.
///
/// Operations are methods of `Compute`, one file each in `Ops`. They take views, write into a view the
/// caller provides, and allocate nothing once the workspace has grown to the size of the pass.
///
/// Threads: one thread at a time; the engine's.
package final class Compute {
    /// Threads that share the work of one operation.
    package let pool: WorkerPool
    /// Scratch memory of the current pass.
    package let workspace = Workspace()
    /// Multiplications and additions of all matrix products so far; for benchmarks.
    package internal(set) var floatingPointOperationCount = 0

    /// Starts the workers.
    ///
    /// - Parameters:
    ///   - workerCount: Threads that share the work, the caller's included; 0 for one per processor.
    ///   - pinsWorkers: Whether every worker but the caller keeps to a processor of its own.
    package init(workerCount: Int = 0, pinsWorkers: Bool = false) {
        pool = WorkerPool(workerCount: workerCount, pins: pinsWorkers)
    }

    /// Takes scratch memory, valid until the enclosing ``scope(_:)`` ends.
    package func scratch(_ rows: Int, _ columns: Int) -> Matrix {
        workspace.matrix(rows, columns)
    }

    /// Runs `body` and gives back the scratch memory that it took.
    package func scope<Result>(_ body: () throws -> Result) rethrows -> Result {
        try workspace.scope(body)
    }

    /// Cuts `0..<count` into ranges of `granularity` or more and runs `body` for each on the workers.
    ///
    /// The cut depends on `count` and `granularity` alone, never on the number of workers, so results
    /// do not either.
    func forRanges(
        of count: Int,
        granularity: Int,
        _ body: (_ range: Range<Int>, _ worker: Int) -> Void
    ) {
        guard count > 0 else { return }
        let parts = min(Self.maximumParts, max(1, count / max(1, granularity)))
        let size = (count + parts - 1) / parts
        pool.run((count + size - 1) / size) { part, worker in
            body(part * size..<min(count, (part + 1) * size), worker)
        }
    }

    /// Enough parts for some balance between uneven workers, few enough that their cost vanishes.
    static let maximumParts = 16
}
