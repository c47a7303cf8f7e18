import Tensors

/// Predicts how long a stage takes on many cores from how long its parts took on one.
///
/// Parts are handed out in their order to whoever is free. Each takes as long as it was measured to, or as its
/// share of the memory takes at its share of the bandwidth if that is longer. Between computations all workers
/// meet. What lies between parts runs on one core.
struct CoreSimulation {
    /// The machine that is asked about.
    struct Machine {
        var workerCount: Int
        /// What all workers together read and write.
        var bytesPerSecond = Double.infinity
        /// Time for a word from one core to another.
        ///
        /// The pool's counters change hands once per worker and computation.
        var secondsPerHop = 0.0
    }

    /// Parts that may run side by side.
    struct Computation {
        /// Seconds that each takes alone.
        var parts: [Double]
        /// Memory that all together read and write.
        var byteCount = 0
    }

    var computations: [Computation]
    /// Seconds outside all parts.
    var serialSeconds: Double

    /// Where the seconds on a machine go.
    struct Breakdown {
        /// An even share of all parts.
        var work = 0.0
        /// What workers wait for those that have more to do, or memory.
        var waiting = 0.0
        /// What the meetings between computations take.
        var meetings = 0.0
        /// What lies outside all parts.
        var serial = 0.0

        /// Seconds altogether.
        var total: Double { work + waiting + meetings + serial }
    }

    /// Seconds on a machine, and where they go.
    func breakdown(on machine: Machine) -> Breakdown {
        var sum = Breakdown(serial: serialSeconds)
        for computation in computations where !computation.parts.isEmpty {
            let work = computation.parts.reduce(0, +) / Double(machine.workerCount)
            sum.work += work
            sum.waiting += longest(computation, machine) - work
            let activeCount = min(machine.workerCount, computation.parts.count)
            if activeCount > 1 { sum.meetings += machine.secondsPerHop * Double(activeCount) }
        }
        return sum
    }

    /// Seconds until the last worker has done its parts of a computation.
    private func longest(_ computation: Computation, _ machine: Machine) -> Double {
        let activeCount = min(machine.workerCount, computation.parts.count)
        let bytes = Double(computation.byteCount) / Double(computation.parts.count)
        let least = bytes * Double(activeCount) / machine.bytesPerSecond
        // The workers' times, the next to be free first: a heap would be longer than all of this.
        var free = [Double](repeating: 0, count: activeCount)
        for part in computation.parts {
            let next = free.indices.min { free[$0] < free[$1] } ?? 0
            free[next] += max(part, least)
        }
        return free.max() ?? 0
    }
}

extension CoreSimulation {
    /// Measures a stage whose work is cut for several numbers of workers.
    ///
    /// All cuts are run in turn and then again, as a machine that others use too is faster at one time than at another.
    ///
    /// - Parameters:
    ///   - workerCounts: Workers that the work is cut for; one thread runs it.
    ///   - iterations: Measured runs of each; of every part, and of every time between computations, the shortest
    ///     counts, as others on the machine only make it longer.
    ///   - body: Runs the stage once.
    /// - Returns: A simulation per number of workers.
    static func measured(
        workerCounts: [Int],
        iterations: Int,
        _ body: (Compute) -> Void
    ) -> [CoreSimulation] {
        var measurements = workerCounts.map { CoreMeasurement(workerCount: $0) }
        // Once to warm up.
        for measurement in measurements { body(measurement.compute) }
        for _ in 0..<iterations {
            for index in measurements.indices { measurements[index].measure(body) }
        }
        return measurements.map(\.simulation)
    }

    /// Measures the time for a word from one core to another and back, by the half.
    ///
    /// Two workers hand each other parts in which nothing is done.
    static func measureSecondsPerHop() -> Double {
        let pool = WorkerPool(workerCount: 2)
        let count = 2000
        let rounds = (0..<50).map { _ in
            ContinuousClock().measure { for _ in 0..<count { pool.run(2) { _, _ in } } }
        }
        return (rounds.min() ?? .zero) / .seconds(1) / Double(2 * count)
    }
}

/// The shortest times of a stage's parts so far, cut for a number of workers.
private struct CoreMeasurement {
    let compute: Compute
    private let recorder = PartRecorder()
    private var computations: [CoreSimulation.Computation] = []
    private var gaps: [Double] = []

    init(workerCount: Int) {
        compute = Compute(workerCount: 1, shareCount: workerCount)
    }

    var simulation: CoreSimulation {
        CoreSimulation(computations: computations, serialSeconds: gaps.reduce(0, +))
    }

    mutating func measure(_ body: (Compute) -> Void) {
        compute.pool.recorder = recorder
        let (measured, after) = recorder.record { body(compute) }
        let parts = measured.map { $0.parts.map { $0 / .seconds(1) } }
        let between = (measured.map(\.before) + [after]).map { $0 / .seconds(1) }
        if computations.isEmpty {
            computations = zip(measured, parts).map {
                CoreSimulation.Computation(parts: $1, byteCount: $0.byteCount)
            }
            gaps = between
        }
        gaps = zip(gaps, between).map { min($0, $1) }
        for (index, parts) in parts.enumerated() {
            computations[index].parts = zip(computations[index].parts, parts).map { min($0, $1) }
        }
    }
}
