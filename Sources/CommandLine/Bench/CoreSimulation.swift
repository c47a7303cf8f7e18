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

    /// Seconds on a machine.
    func seconds(on machine: Machine) -> Double {
        computations.reduce(serialSeconds) { $0 + seconds($1, machine) }
    }

    private func seconds(_ computation: Computation, _ machine: Machine) -> Double {
        let activeCount = min(machine.workerCount, computation.parts.count)
        guard activeCount > 0 else { return 0 }
        let bytes = Double(computation.byteCount) / Double(computation.parts.count)
        let least = bytes * Double(activeCount) / machine.bytesPerSecond
        // The workers' times, the next to be free first: a heap would be longer than all of this.
        var free = [Double](repeating: 0, count: activeCount)
        for part in computation.parts {
            let next = free.indices.min { free[$0] < free[$1] } ?? 0
            free[next] += max(part, least)
        }
        let meeting = activeCount > 1 ? machine.secondsPerHop * Double(activeCount) : 0
        return (free.max() ?? 0) + meeting
    }
}

extension CoreSimulation {
    /// Measures a stage whose work is cut for a number of workers.
    ///
    /// - Parameters:
    ///   - workerCount: Workers that the work is cut for; one thread runs it.
    ///   - iterations: Measured runs; of every part the shortest counts, as others on the machine only make it longer.
    ///   - body: Runs the stage once.
    init(workerCount: Int, iterations: Int, _ body: (Compute) -> Void) {
        let compute = Compute(workerCount: 1, shareCount: workerCount)
        // Once to warm up.
        body(compute)
        let recorder = PartRecorder()
        compute.pool.recorder = recorder
        self.init(computations: [], serialSeconds: .infinity)
        for _ in 0..<iterations {
            recorder.reset()
            let total = ContinuousClock().measure { body(compute) } / .seconds(1)
            let measured = recorder.computations.map { computation in
                Computation(
                    parts: computation.parts.map { $0 / .seconds(1) },
                    byteCount: computation.byteCount
                )
            }
            let inParts = measured.reduce(0) { $0 + $1.parts.reduce(0, +) }
            serialSeconds = min(serialSeconds, max(0, total - inParts))
            if computations.isEmpty { computations = measured }
            for (index, computation) in measured.enumerated() {
                computations[index].parts = zip(computations[index].parts, computation.parts)
                    .map { min($0, $1) }
            }
        }
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
