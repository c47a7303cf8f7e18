import Foundation
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

    @Test("Jobs of few parts among jobs of many leave nobody behind")
    func changingPartCounts() {
        let pool = WorkerPool(workerCount: 7)
        let total = Counter()
        var expected = 0
        for round in 0..<3000 {
            let count = [1, 2, 3, 9, 40][round % 5]
            expected += count
            pool.run(count) { _, _ in total.add() }
            if round % 700 == 0 { spin() }
        }
        #expect(total.value == expected)
    }

    @Test("Workers have names, and their threads end with the pool")
    func threads() throws {
        var pool: WorkerPool? = WorkerPool(workerCount: 4)
        let arrived = Counter()
        let seen = Threads()
        // Every worker takes a part, as none ends before all have begun.
        pool?.run(4) { _, worker in
            seen.add(worker, ThreadEntry.current)
            arrived.add()
            while arrived.value < 4 { sched_yield() }
        }
        let entries = seen.all
        #expect(Set(entries.keys) == [0, 1, 2, 3])
        for (worker, entry) in entries where worker > 0 {
            #expect(entry.name == "ilv-worker-\(worker)")
        }
        pool = nil
        for (worker, entry) in entries where worker > 0 { #expect(!entry.exists) }
    }

    @Test("A pinned worker keeps to one processor")
    func pinned() {
        let pool = WorkerPool(workerCount: 2, pins: true)
        let arrived = Counter()
        let seen = Threads()
        pool.run(2) { _, worker in
            seen.add(worker, ThreadEntry.current)
            arrived.add()
            while arrived.value < 2 { sched_yield() }
        }
        #expect(seen.all[1].map { !$0.processors.contains { "-,".contains($0) } } == true)
    }

    @Test("What interrupts comes between parts, of which each still runs once", arguments: [1, 3])
    func interrupted(workers: Int) {
        let pool = WorkerPool(workerCount: workers)
        var count = 0
        let running = Counter()
        pool.interruption = Interruption {
            true
        } _: {
            #expect(running.value == 0)
            count += 1
        }
        for partCount in [0, 1, 2, 40] {
            let before = count
            let runs = (0..<partCount).map { _ in Counter() }
            pool.run(partCount) { part, _ in
                running.add()
                runs[part].add()
                running.subtract()
            }
            #expect(runs.allSatisfy { $0.value == 1 })
            // Before the first part, and after each that worker 0 computed while others were left.
            let interruptions = count - before
            let fewest = workers == 1 ? partCount : min(1, partCount)
            #expect((fewest...partCount).contains(interruptions))
        }
    }

    @Test("What interrupts may use the pool, and is not interrupted", arguments: [1, 3])
    func interruptingComputation(workers: Int) {
        let pool = WorkerPool(workerCount: workers)
        let total = Counter()
        var count = 0
        pool.interruption = Interruption {
            count < 4
        } _: {
            count += 1
            pool.run(5) { _, _ in total.add() }
        }
        pool.run(10) { _, _ in total.add() }
        #expect((1...4).contains(count))
        #expect(total.value == 10 + 5 * count)
    }

    @Test("What is given up begins no part any more, until it is done with", arguments: [1, 3])
    func givenUp(workers: Int) {
        let pool = WorkerPool(workerCount: workers)
        let (total, due) = (Counter(), Counter())
        var count = 0
        pool.interruption = Interruption {
            // Read once: others count on meanwhile, and wait for this.
            let isDue = total.value >= 4
            if isDue { due.add() }
            return isDue
        } _: {
            count += 1
            pool.run(5) { _, _ in total.add() }
            pool.isGivenUp = true
        }
        pool.run(1000) { _, worker in
            total.add()
            guard worker > 0 else { return }
            // On a busy machine the others might compute all before this thread has its turn.
            while due.value == 0 { sched_yield() }
            usleep(1000)
        }
        // Parts that had begun were computed to their end, and what interrupted was, too.
        #expect(total.value < 1000)
        #expect(count == 1)
        let before = total.value
        pool.run(10) { _, _ in total.add() }
        #expect(total.value == before)
        pool.interruption = nil
        pool.isGivenUp = false
        pool.run(10) { _, _ in total.add() }
        #expect(total.value == before + 10)
    }

    @Test("A part that uses the pool itself ends the program, with one worker and with more")
    func nested() async {
        await #expect(processExitsWith: .failure) {
            let pool = WorkerPool(workerCount: 1)
            pool.run(2) { _, _ in pool.run(2) { _, _ in } }
        }
        await #expect(processExitsWith: .failure) {
            let pool = WorkerPool(workerCount: 3)
            pool.run(3) { _, _ in pool.run(1) { _, _ in } }
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
    func subtract() { count.subtract(1, ordering: .relaxed) }
}

/// A thread as the system shows it.
private struct ThreadEntry: Sendable {
    private let path: String
    let name: String
    /// The processors that it may run on, such as `0-1`.
    let processors: String

    /// The calling thread.
    static var current: ThreadEntry {
        let link = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/thread-self"))
        let path = "/proc/\(link ?? "none")"
        func text(_ name: String) -> String {
            ((try? String(contentsOfFile: "\(path)/\(name)", encoding: .utf8)) ?? "")
                .trimmingCharacters(in: .whitespacesAndNewlines)
        }
        let status = text("status").split(separator: "\n")
        let allowed = status.first { $0.hasPrefix("Cpus_allowed_list:") } ?? ":?"
        return ThreadEntry(
            path: path,
            name: text("comm"),
            processors: allowed.split(separator: ":").last.map {
                $0.trimmingCharacters(in: .whitespaces)
            } ?? "?"
        )
    }

    var exists: Bool { FileManager.default.fileExists(atPath: path) }
}

/// The threads of workers, told from any of them.
private final class Threads: @unchecked Sendable {
    // Sendable: only touched under the lock.
    private let lock = NSLock()
    private var entries: [Int: ThreadEntry] = [:]

    func add(_ worker: Int, _ entry: ThreadEntry) {
        lock.withLock { entries[worker] = entry }
    }

    var all: [Int: ThreadEntry] { lock.withLock { entries } }
}
