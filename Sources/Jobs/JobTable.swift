/// The jobs of a store, how much room they take, and the order in which they are computed.
struct JobTable {
    private struct Entry {
        let job: Job
        var byteCount: Int
        /// Whether it is being computed.
        var isRunning = false
        /// When it ended.
        var ended: ContinuousClock.Instant?
    }

    /// A job that waits to be computed.
    private struct Waiting {
        let job: Job
        /// Not before this time.
        var earliest: ContinuousClock.Instant?
    }

    /// What the jobs of a tenant take together.
    private struct Share {
        var count = 0
        var byteCount = 0
        var runningCount = 0
    }

    /// The name of a repeated request, among those of its tenant.
    private struct RepetitionName: Hashable {
        let tenant: String?
        let key: String
    }

    private let limits: JobLimits
    private var entries: [String: Entry] = [:]
    private var shares: [String?: Share] = [:]
    private var repetitions: [RepetitionName: Job] = [:]
    /// In the order in which they came.
    private var waiting: [Waiting] = []
    private var runningCount = 0
    /// Attempts to compute a job that have not ended.
    var attemptCount = 0
    /// What computes jobs now.
    var maker = ""
    /// Why no more are taken; nil while they are.
    var closing: JobFailure?
    /// What begins to compute a job; nil while nothing can.
    var start: (@Sendable (Job) -> Void)?

    /// A table without jobs.
    init(_ limits: JobLimits) {
        self.limits = limits
    }

    // MARK: - Coming and going

    /// The job of a name.
    func job(_ id: String) -> Job? { entries[id]?.job }

    /// The jobs of a name, that of the answer or that of the request.
    func jobs(named name: String) -> [Job] {
        if let job = job(name) { return [job] }
        return entries.values.map(\.job).filter { $0.request.requestName == name }
    }

    /// The job that a request repeats; nil if it is a new one.
    ///
    /// - Throws: ``JobRefusal`` if the document is another one.
    func known(_ request: JobRequest) throws(JobRefusal) -> Job? {
        guard let name = name(of: request), let job = repetitions[name] else { return nil }
        guard job.request.repetition == request.repetition else { throw .otherDocument }
        return job
    }

    private func name(of request: JobRequest) -> RepetitionName? {
        request.repetition.map { RepetitionName(tenant: request.owner.tenant, key: $0.key) }
    }

    /// Takes a request; one that nobody waits for waits to be computed.
    ///
    /// - Throws: ``JobRefusal`` if there is no room.
    mutating func insert(_ request: JobRequest) throws(JobRefusal) -> Job {
        guard closing == nil else { throw .closed }
        let tenant = request.owner.tenant
        let share = shares[tenant] ?? Share()
        guard share.count < limits.maximumCount else {
            throw .full(.count(limits.maximumCount), retryAfter: timeUntilRoom(of: tenant))
        }
        guard share.byteCount + request.body.count <= limits.maximumByteCount else {
            throw .full(.bytes(limits.maximumByteCount), retryAfter: timeUntilRoom(of: tenant))
        }
        let job = Job(request)
        shares[tenant, default: Share()].count += 1
        shares[tenant, default: Share()].byteCount += request.body.count
        entries[request.id] = Entry(job: job, byteCount: request.body.count)
        if let name = name(of: request) { repetitions[name] = job }
        if request.isBackground { waiting.append(Waiting(job: job)) }
        return job
    }

    /// When the next job of a tenant is forgotten.
    private func timeUntilRoom(of tenant: String?) -> Duration? {
        entries.values.filter { $0.job.request.owner.tenant == tenant }.compactMap(\.ended).min()
            .map { max(ContinuousClock.now.duration(to: $0 + limits.age), .milliseconds(1)) }
    }

    /// Forgets a job.
    mutating func remove(_ job: Job) {
        guard let entry = entries.removeValue(forKey: job.id) else { return }
        waiting.removeAll { $0.job === job }
        forgetRepetition(of: job)
        let tenant = job.request.owner.tenant
        shares[tenant]?.count -= 1
        shares[tenant]?.byteCount -= entry.byteCount
        // What is computed leaves its place when that has ended.
        if entry.isRunning { orphans.insert(job.id) }
        dropShare(of: tenant)
    }

    /// Jobs that are gone and still computed.
    private var orphans: Set<String> = []

    /// The jobs that ended before a time.
    func jobs(endedBefore time: ContinuousClock.Instant) -> [Job] {
        entries.values.filter { $0.ended.map { $0 < time } ?? false }.map(\.job)
    }

    /// Takes up a job of another process, whether there is room for more or not.
    ///
    /// - Parameters:
    ///   - job: The job.
    ///   - ended: When it ended; nil if it did not.
    ///   - waits: Whether it waits to be computed, if it did not end.
    mutating func restore(_ job: Job, ended: ContinuousClock.Instant?, waits: Bool) {
        let tenant = job.request.owner.tenant
        let byteCount = job.byteCount
        shares[tenant, default: Share()].count += 1
        shares[tenant, default: Share()].byteCount += byteCount
        entries[job.id] = Entry(job: job, byteCount: byteCount, ended: ended)
        if let name = name(of: job.request), job.mayBeRepeated { repetitions[name] = job }
        if ended == nil, waits { waiting.append(Waiting(job: job)) }
    }

    private mutating func forgetRepetition(of job: Job) {
        guard let name = name(of: job.request), repetitions[name] === job else { return }
        repetitions[name] = nil
    }

    private mutating func dropShare(of tenant: String?) {
        if let share = shares[tenant], share.count == 0, share.runningCount == 0 {
            shares[tenant] = nil
        }
    }

    // MARK: - Computing

    /// The job that is computed next, which is computed from now on, and what begins that; nil if there is none, or no room.
    ///
    /// It is the oldest of a tenant of whom the fewest are computed.
    mutating func next(
        at now: ContinuousClock.Instant
    ) -> (job: Job, start: @Sendable (Job) -> Void)? {
        guard let start, runningCount < limits.maximumRunningCount else { return nil }
        var best: (index: Int, runningCount: Int)?
        for (index, candidate) in waiting.enumerated() where candidate.earliest ?? now <= now {
            let count = shares[candidate.job.request.owner.tenant]?.runningCount ?? 0
            if count < best?.runningCount ?? .max { best = (index, count) }
        }
        guard let best else { return nil }
        let job = waiting.remove(at: best.index).job
        entries[job.id]?.isRunning = true
        shares[job.request.owner.tenant]?.runningCount += 1
        runningCount += 1
        return (job, start)
    }

    /// Has a job wait again that was to be computed, before those that came after it.
    mutating func putBack(_ job: Job, until earliest: ContinuousClock.Instant) {
        release(job)
        guard entries[job.id]?.job === job else { return }
        waiting.insert(Waiting(job: job, earliest: earliest), at: 0)
    }

    /// Takes everything that waits.
    mutating func takeQueue() -> [Job] {
        defer { waiting = [] }
        return waiting.map(\.job)
    }

    /// Counts bytes of a job, if there is room; one that is gone takes none.
    mutating func charge(_ job: Job, _ byteCount: Int) -> Bool {
        guard entries[job.id]?.job === job else { return true }
        let tenant = job.request.owner.tenant
        let sum = (shares[tenant]?.byteCount ?? 0) + byteCount
        guard sum <= limits.maximumByteCount else { return false }
        shares[tenant]?.byteCount = sum
        entries[job.id]?.byteCount += byteCount
        return true
    }

    /// Takes note that a job has ended.
    ///
    /// - Returns: Whether it is kept, and had not ended before.
    mutating func end(
        _ job: Job,
        _ outcome: JobOutcome,
        at now: ContinuousClock.Instant
    ) -> Bool {
        release(job)
        guard entries[job.id]?.job === job, entries[job.id]?.ended == nil else { return false }
        entries[job.id]?.ended = now
        // Its document goes, its answer comes; an answer that is there is not refused for its bytes.
        var difference = -job.body.count
        switch outcome {
        case .completed(let document): difference += document.count
        case .failed(let failure):
            difference += failure.message.utf8.count
            if failure.isTransient { forgetRepetition(of: job) }
        }
        shares[job.request.owner.tenant]?.byteCount += difference
        entries[job.id]?.byteCount += difference
        return true
    }

    /// Takes note that a job is not computed any more.
    mutating func release(_ job: Job) {
        let isOrphan = orphans.remove(job.id) != nil
        guard isOrphan || entries[job.id]?.isRunning == true else { return }
        entries[job.id]?.isRunning = false
        runningCount -= 1
        shares[job.request.owner.tenant]?.runningCount -= 1
        dropShare(of: job.request.owner.tenant)
    }

    // MARK: - What is told

    /// How many there are.
    func load(where isCounted: (JobRequest.Owner) -> Bool) -> JobStore.Load {
        var load = JobStore.Load()
        for entry in entries.values where isCounted(entry.job.request.owner) {
            load.counts[entry.job.progress.status, default: 0] += 1
            load.byteCount += entry.byteCount
        }
        return load
    }
}
