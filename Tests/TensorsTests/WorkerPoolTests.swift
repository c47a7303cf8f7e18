import Synchronization
import Testing

@testable import Tensors

@Suite struct WorkerPoolTests {
    @Test("Every part runs exactly once, for each number of workers", arguments: [1, 2, 3, 8])
    func everyPartOnce(workers: Int) {
        let pool = WorkerPool(workerCount: workers)
        for count in [0, 1, 2, 7, 100] {
            let runs = (0..<count).map { _ in Counter() }
            pool.run(count) { part, worker in
                runs[part].add()
                precondition((0..<workers).contains(worker))
            }
            #expect(runs.allSatisfy { $0.value == 1 })
        }
    }

    @Test("Thousands of short jobs follow each other, with pauses in which the workers sleep")
    func manyJobs() {
        let pool = WorkerPool(workerCount: 3)
        let total = Counter()
        for round in 0..<2000 {
            pool.run(4) { _, _ in total.add() }
            if round % 500 == 0 { spin() }
        }
        #expect(total.value == 8000)
    }

    @Test("A pool stops its threads when it goes away")
    func stops() {
        for _ in 0..<50 {
            let pool = WorkerPool(workerCount: 4)
            let total = Counter()
            pool.run(8) { _, _ in total.add() }
            #expect(total.value == 8)
        }
    }

    /// Longer than the workers watch before they sleep.
    private func spin() {
        let end = ContinuousClock.now.advanced(by: .milliseconds(2))
        while ContinuousClock.now < end {}
    }
}

private final class Counter: Sendable {
    private let count = Atomic<Int>(0)
    var value: Int { count.load(ordering: .relaxed) }
    func add() { count.add(1, ordering: .relaxed) }
}
