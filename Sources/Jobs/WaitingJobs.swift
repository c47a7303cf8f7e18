/// Jobs that wait to be computed: those of an owner in the order in which they came, since what refuses one of them, a limit
/// of their key, refuses the others as well.
struct WaitingJobs {
    private struct Line {
        var jobs: [(job: Job, number: Int)] = []
        /// None of them is begun before this time.
        var earliest: ContinuousClock.Instant?
    }

    private var lines: [JobRequest.Owner: Line] = [:]
    /// Nothing is begun before this time.
    private var earliest: ContinuousClock.Instant?

    /// Has a job wait.
    ///
    /// - Parameters:
    ///   - job: The job.
    ///   - number: Its place among those of all owners, from the oldest on.
    mutating func insert(_ job: Job, number: Int) {
        var line = lines[job.request.owner] ?? Line()
        // Nearly always the last, or the first again.
        let index =
            if let last = line.jobs.last, last.number < number { line.jobs.count } else {
                line.jobs.firstIndex { $0.number > number } ?? line.jobs.count
            }
        line.jobs.insert((job, number), at: index)
        lines[job.request.owner] = line
    }

    /// Forgets a job.
    mutating func remove(_ job: Job) {
        let owner = job.request.owner
        lines[owner]?.jobs.removeAll { $0.job === job }
        if lines[owner]?.jobs.isEmpty == true { lines[owner] = nil }
    }

    /// Takes everything, the oldest first.
    mutating func takeAll() -> [Job] {
        defer { lines = [:] }
        return lines.values.flatMap(\.jobs).sorted { $0.number < $1.number }.map(\.job)
    }

    /// Begins nothing of an owner before a time.
    mutating func hold(_ owner: JobRequest.Owner, until time: ContinuousClock.Instant) {
        lines[owner]?.earliest = time
    }

    /// Begins nothing at all before a time.
    mutating func hold(until time: ContinuousClock.Instant) { earliest = time }

    /// A job of an owner has ended, which may have made room for another.
    mutating func release(_ owner: JobRequest.Owner) { lines[owner]?.earliest = nil }

    /// Takes the oldest job of a tenant of whom the fewest are computed.
    ///
    /// - Parameters:
    ///   - now: The time.
    ///   - runningCount: How many jobs of a tenant are computed.
    /// - Returns: The job; nil if none may begin.
    mutating func takeNext(
        at now: ContinuousClock.Instant,
        _ runningCount: (String?) -> Int
    ) -> Job? {
        guard earliest ?? now <= now else { return nil }
        var best: (owner: JobRequest.Owner, runningCount: Int, number: Int)?
        for (owner, line) in lines where line.earliest ?? now <= now {
            guard let first = line.jobs.first else { continue }
            let found = (owner, runningCount(owner.tenant), first.number)
            if let best, (best.runningCount, best.number) < (found.1, found.2) { continue }
            best = found
        }
        guard let best, let job = lines[best.owner]?.jobs.removeFirst().job else { return nil }
        if lines[best.owner]?.jobs.isEmpty == true { lines[best.owner] = nil }
        return job
    }
}
