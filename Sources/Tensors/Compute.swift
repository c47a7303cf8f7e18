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
    package var floatingPointOperationCount: Int { operations.total }
    /// The same by what they are of.
    package internal(set) var operations = OperationCounts()

    /// Numbers of a strip of an image, 16 MiB: few enough for the last cache of most processors, so many that the rows at
    /// the edges, which are made twice, are few.
    package var stripElementCount = 4 << 20

    /// Workers for which work is cut.
    let shareCount: Int

    /// Workers that may need scratch memory of their own, those included that are only counted with.
    var workerCount: Int { max(pool.workerCount, shareCount) }

    private var cuts: [ProductCut.Sizes: ProductCut] = [:]

    /// Starts the workers.
    ///
    /// - Parameters:
    ///   - workerCount: Threads that share the work, the caller's included; 0 for one per processor.
    ///   - pinsWorkers: Whether every worker but the caller keeps to a processor of its own.
    ///   - shareCount: Workers for which work is cut, if they are not those that there are.
    package init(workerCount: Int = 0, pinsWorkers: Bool = false, shareCount: Int? = nil) {
        pool = WorkerPool(workerCount: workerCount, pins: pinsWorkers)
        self.shareCount = shareCount ?? pool.workerCount
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
    /// The cut depends on the number of workers, so what is computed for an index may not depend on its range.
    ///
    /// - Parameters:
    ///   - count: Number of indices.
    ///   - granularity: Indices that make a part worth handing to another thread.
    ///   - byteCount: Memory that is read and written for all of them.
    ///   - body: Computes a range.
    func forRanges(
        of count: Int,
        granularity: Int,
        byteCount: Int,
        _ body: (_ range: Range<Int>, _ worker: Int) -> Void
    ) {
        guard count > 0 else { return }
        let parts = min(largestPartCount, max(1, count / max(1, granularity)))
        pool.run(parts, byteCount: byteCount) { part, worker in
            body(part * count / parts..<(part + 1) * count / parts, worker)
        }
    }

    /// Cuts an element-wise operation into runs of rows.
    ///
    /// - Parameters:
    ///   - out: What is written.
    ///   - others: What else is read or written.
    ///   - body: Computes some rows.
    func forRows(
        of out: Matrix,
        _ others: Matrix...,
        body: (_ range: Range<Int>, _ worker: Int) -> Void
    ) {
        let count = others.reduce(out.count) { $0 + $1.count }
        forRanges(
            of: out.rows,
            granularity: rows(of: out.columns),
            byteCount: count * MemoryLayout<Float>.stride,
            body
        )
    }

    /// Enough parts for some balance between uneven workers, few enough that their cost vanishes.
    private var largestPartCount: Int { shareCount == 1 ? 1 : max(16, 4 * shareCount) }

    /// Elements that make a part worth handing to another thread in an element-wise operation.
    ///
    /// Where there are many workers, small parts are better than none.
    private var smallestElementCount: Int { shareCount <= 4 ? 32768 : 8192 }

    /// Rows that make a part worth handing to another thread in an element-wise operation.
    func rows(of columns: Int) -> Int { max(1, smallestElementCount / max(1, columns)) }

    /// How a product of many rows is cut; the few sizes that a model has are remembered.
    func productCut(rows: Int, inputs: Int, panels: Int) -> ProductCut {
        let sizes = ProductCut.Sizes(rows: rows, inputs: inputs, panels: panels)
        if let known = cuts[sizes] { return known }
        // Prompts may have any number of rows: what was remembered of them is not worth keeping for good.
        if cuts.count >= Self.largestCutCount { cuts = [:] }
        let cut = ProductCut(sizes, workerCount: shareCount)
        cuts[sizes] = cut
        return cut
    }

    private static let largestCutCount = 4096
}

/// Multiplications and additions of matrix products, by what they are of.
package struct OperationCounts: Hashable, Sendable {
    /// Of numbers in single precision.
    package var single = 0
    /// Of bfloat16 numbers.
    package var brainFloat = 0
    /// Of whole numbers.
    package var whole = 0

    /// None.
    package init() {}

    /// All of them.
    package var total: Int { single + brainFloat + whole }

    /// Counts those of a product with weights of a format.
    mutating func add(_ count: Int, of format: WeightFormat) {
        switch format {
        case .f32: single += count
        case .bf16: brainFloat += count
        case .int8, .int4: whole += count
        }
    }
}

extension Compute {
    /// Memory that matrices take which an operation reads or writes once.
    static func byteCount(_ matrices: Matrix...) -> Int {
        matrices.reduce(0) { $0 + $1.count } * MemoryLayout<Float>.stride
    }

    /// Memory that a product's rows, weights and results take.
    static func byteCount(_ x: Matrix, _ layer: LinearWeights, _ out: Matrix) -> Int {
        (x.count + out.count) * MemoryLayout<Float>.stride + layer.byteCount
    }
}
