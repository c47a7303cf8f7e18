import Dispatch
import Glibc
import Engine
import Locking
import Testing

@Suite("Lane of large work")
struct WorkLaneTests {
    /// What ran, in its order.
    private final class Log: Sendable {
        private let names = Mutex<[String]>([])
        private let arrived = DispatchSemaphore(value: 0)

        func add(_ name: String) {
            names.withLock { $0.append(name) }
            arrived.signal()
        }

        func wait(for count: Int) -> [String] {
            for _ in 0..<count { arrived.wait() }
            return names.withLock { $0 }
        }
    }

    /// Work that keeps the lane's only thread until the door opens.
    private func block(_ lane: WorkLane, _ door: Door) {
        let started = Door()
        lane.run(WorkLane.Demand(cost: 0)) {
            started.open()
            door.pass()
            return nil
        }
        started.pass()
    }

    private func run(_ lane: WorkLane, _ log: Log, _ name: String, cost: Int) {
        lane.run(WorkLane.Demand(cost: cost)) {
            log.add(name)
            return nil
        }
    }

    @Test("The cheapest goes first, and the oldest of equals")
    func cheapestFirst() {
        let lane = WorkLane("test", workerCount: 1)
        let (door, log) = (Door(), Log())
        block(lane, door)
        run(lane, log, "large", cost: 100)
        run(lane, log, "small", cost: 3)
        run(lane, log, "middle", cost: 10)
        run(lane, log, "small too", cost: 3)
        #expect(lane.status.waitingCount == 4)
        door.open()
        #expect(log.wait(for: 4) == ["small", "small too", "middle", "large"])
    }

    @Test("The oldest is overtaken by no more than it costs")
    func boundedOvertaking() {
        let lane = WorkLane("test", workerCount: 1)
        let (door, log) = (Door(), Log())
        block(lane, door)
        run(lane, log, "large", cost: 10)
        run(lane, log, "larger", cost: 20)
        for index in 0..<6 { run(lane, log, "\(index)", cost: 5) }
        door.open()
        #expect(
            log.wait(for: 8) == ["0", "1", "large", "2", "3", "4", "5", "larger"]
        )
    }

    @Test("What is held at once is bounded, and what alone is too large still runs")
    func boundedHolding() {
        let lane = WorkLane("test", capacity: 10, workerCount: 4)
        let most = Mutex((now: 0, most: 0))
        let done = DispatchSemaphore(value: 0)
        for index in 0..<40 {
            let holding = index % 10 == 0 ? 25 : 4
            lane.run(WorkLane.Demand(cost: 1, holding: holding)) {
                most.withLock {
                    $0.now += holding
                    $0.most = max($0.most, $0.now == 25 ? 0 : $0.now)
                }
                sched_yield()
                most.withLock { $0.now -= holding }
                done.signal()
                return nil
            }
        }
        for _ in 0..<40 { done.wait() }
        #expect(most.withLock { $0.most } <= 10)
    }

    @Test("Other work comes between two pieces")
    func pieces() {
        let lane = WorkLane("test", workerCount: 1)
        let (door, log) = (Door(), Log())
        block(lane, door)
        let left = Mutex(3)
        lane.run(WorkLane.Demand(cost: 10)) {
            log.add("piece")
            return left.withLock {
                $0 -= 1
                return $0 > 0 ? WorkLane.Demand(cost: 10) : nil
            }
        }
        run(lane, log, "other", cost: 11)
        door.open()
        let order = log.wait(for: 4)
        #expect(order.count { $0 == "piece" } == 3)
        // The other is the oldest once a piece went before it; one more may overtake it.
        #expect((order.firstIndex(of: "other") ?? 9) <= 2)
    }

    @Test("A lane whose work is done takes more")
    func startsAgain() {
        let lane = WorkLane("test", workerCount: 2)
        for _ in 0..<200 {
            let log = Log()
            run(lane, log, "one", cost: 1)
            #expect(log.wait(for: 1) == ["one"])
        }
    }
}
