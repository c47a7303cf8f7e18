internal import CLinux
internal import Dispatch
internal import Glibc
internal import Locking
internal import Tensors

/// Bounded room for work that takes longer than a small request may wait: decoding large pictures, reading
/// large documents, tokenizing long texts.
///
/// It has threads of its own, one fewer than processors, which give way to everybody else (`nice`), so that small
/// work and the model's steps never stand in its queue. Within the lane the cheapest work goes first, but the
/// oldest is overtaken by no more than it costs itself. A piece of work may hold some of a bounded amount, such as
/// pixels; who goes first waits until there is enough.
///
/// Threads: every member may be called from any thread. Threads begin with the first work and end with the last.
package final class WorkLane: Sendable {
    /// What a piece of work takes.
    package struct Demand: Hashable, Sendable {
        /// How much work it is, in any unit that all work of the lane is measured in.
        package let cost: Int
        /// What it holds of the lane's capacity while it runs.
        package let holding: Int

        /// Names the amounts.
        package init(cost: Int, holding: Int = 0) {
            self.cost = cost
            self.holding = holding
        }
    }

    /// How full a lane is.
    package struct Status: Hashable, Sendable {
        /// What running work holds.
        package let heldAmount: Int
        /// What may be held at once.
        package let capacity: Int
        /// Work that runs.
        package let runningCount: Int
        /// Work that waits.
        package let waitingCount: Int
    }

    private struct Work: Sendable {
        let demand: Demand
        let next: @Sendable () -> Demand?
    }

    private struct State {
        /// In the order of arrival.
        var waiting: [Work] = []
        var threadCount = 0
        var runningCount = 0
        var heldAmount = 0
        /// Cost of what has overtaken the oldest.
        var overtakenCost = 0
    }

    private let name: String
    private let capacity: Int
    private let workerCount: Int
    private let state = Mutex(State())

    /// An empty lane, whose threads have its name.
    ///
    /// - Parameters:
    ///   - name: Of its threads; at most 15 bytes are kept.
    ///   - capacity: What may be held at once; work that alone asks for more runs when nothing else does.
    ///   - workerCount: Most work at once; nil for one fewer than processors, at least one.
    package init(_ name: String, capacity: Int = .max, workerCount: Int? = nil) {
        self.name = name
        self.capacity = capacity
        self.workerCount = workerCount ?? max(1, ProcessorCount.current.workerCount - 1)
    }

    /// Runs work when its turn comes.
    ///
    /// - Parameters:
    ///   - demand: What the first piece takes.
    ///   - next: Does a piece, and tells what the next one takes; nil after the last. Other work may come between two.
    package func run(_ demand: Demand, _ next: @escaping @Sendable () -> Demand?) {
        let startsThread = state.withLock { state in
            state.waiting.append(Work(demand: demand, next: next))
            guard state.threadCount < workerCount else { return false }
            state.threadCount += 1
            return true
        }
        if startsThread { startThread() }
    }

    /// How full it is now.
    package var status: Status {
        state.withLock { state in
            Status(
                heldAmount: state.heldAmount,
                capacity: capacity,
                runningCount: state.runningCount,
                waitingCount: state.waiting.count
            )
        }
    }

    // MARK: - Threads

    /// Among the nice values that leave a busy machine to others without standing still.
    private static let niceness: Int32 = 5

    private func startThread() {
        let thread = NamedThread(name) {
            // On Linux this is the calling thread's alone; without it the lane merely competes harder.
            _ = setpriority(Int32(PRIO_PROCESS.rawValue), 0, Self.niceness)
            self.work()
        }
        guard let thread else {
            // No more threads are to be had; Dispatch waits for one of its own.
            return DispatchQueue.global().async { self.work() }
        }
        thread.detach()
    }

    /// Work of as much cost leaves megabytes free between what is still in use.
    private static let trimmedCost = 16 << 20

    private func work() {
        var finished: Demand?
        var cost = 0
        while let (work, needsHelp) = state.withLock({ take(&$0, after: finished) }) {
            if needsHelp { startThread() }
            if let demand = work.next() {
                let more = Work(demand: demand, next: work.next)
                state.withLock { $0.waiting.append(more) }
            }
            finished = work.demand
            cost += work.demand.cost
        }
        if cost >= Self.trimmedCost { ilv_trim_memory() }
    }

    /// Gives back what was held, and takes what is next; nil if the thread may end.
    ///
    /// Says too whether another thread, counted already, could go on beside this one.
    private func take(_ state: inout State, after finished: Demand?) -> (Work, Bool)? {
        if let finished {
            state.runningCount -= 1
            state.heldAmount -= finished.holding
        }
        guard let index = nextIndex(state), fits(state.waiting[index].demand, state) else {
            // Whoever holds what the next one waits for goes on with it.
            state.threadCount -= 1
            return nil
        }
        let work = state.waiting.remove(at: index)
        state.overtakenCost =
            index == 0 ? 0 : state.overtakenCost + work.demand.cost
        state.runningCount += 1
        state.heldAmount += work.demand.holding
        let needsHelp =
            state.threadCount < workerCount
            && nextIndex(state).map { fits(state.waiting[$0].demand, state) } ?? false
        if needsHelp { state.threadCount += 1 }
        return (work, needsHelp)
    }

    private func fits(_ demand: Demand, _ state: State) -> Bool {
        state.runningCount == 0 || demand.holding <= capacity - state.heldAmount
    }

    private func nextIndex(_ state: State) -> Int? {
        let cheapest = state.waiting.indices.min {
            state.waiting[$0].demand.cost < state.waiting[$1].demand.cost
        }
        guard let cheapest, let oldest = state.waiting.first else { return nil }
        let cost = state.overtakenCost + state.waiting[cheapest].demand.cost
        return cost <= oldest.demand.cost ? cheapest : 0
    }
}
