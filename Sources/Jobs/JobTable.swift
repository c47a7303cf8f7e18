/// The jobs of a store, how much room they take, and the order in which they are computed.
struct JobTable {
    private struct Entry {
        let job: Job
        /// Its place among all, from the oldest on.
        let number: Int
        var byteCount: Int
        /// What of that is its document.
        var bodyByteCount: Int
        /// Whether it is being computed.
        var isRunning = false
        /// Where it is in its life, as it is counted.
        var status = JobStatus.queued
    }

    /// What the jobs of a tenant take together.
    private struct Share {
        var counts: [JobStatus: Int] = [:]
        var count = 0
        var byteCount = 0
        var runningCount = 0
        var ended = EndedJobs()
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
    /// By the names that clients gave their requests, which need not be different.
    private var named: [String: [Job]] = [:]
    private var waiting = WaitingJobs()
    /// Jobs that are gone and still computed.
    private var orphans: Set<String> = []
    private var number = 0
    private var runningCount = 0
    /// Attempts to compute a job that have not ended.
    var attemptCount = 0
    /// What computes jobs now.
    var maker = ""
    /// Why no more are taken; nil while they are.
    var closing: JobFailure?
    /// What begins to compute a job; nil while nothing can.
    var start: (@Sendable (Job) -> Void)?
    /// Whether what another process has left is there.
    var isRestored = false
    /// What could not be written down so far, and whether that is so since the last time.
    var storageFaults = StorageFaults()
    /// Whether what is erased is about to be made unreadable.
    var isCleaning = false

    /// A table without jobs.
    init(_ limits: JobLimits) {
        self.limits = limits
    }

    // MARK: - Coming and going

    /// The job of a name.
    func job(_ id: String) -> Job? { entries[id]?.job }

    /// The jobs of a name, that of the answer or that of the request.
    func jobs(named name: String) -> [Job] { job(name).map { [$0] } ?? named[name] ?? [] }

    /// The job that a request repeats; nil if it is a new one.
    ///
    /// - Throws: ``JobRefusal`` if the document is another one.
    func known(_ request: JobRequest) throws(JobRefusal) -> Job? {
        guard let name = name(of: request), let job = repetitions[name], !job.isErased else {
            return nil
        }
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
            throw .full(
                .count(share.count, of: limits.maximumCount),
                retryAfter: timeUntilRoom(of: tenant)
            )
        }
        guard share.byteCount + request.body.count <= limits.maximumByteCount else {
            throw .full(.bytes(limits.maximumByteCount), retryAfter: timeUntilRoom(of: tenant))
        }
        let job = Job(request)
        insert(job, byteCount: request.body.count, .queued)
        if let name = name(of: request) { repetitions[name] = job }
        if request.isBackground { waiting.insert(job, number: number) }
        return job
    }

    private mutating func insert(_ job: Job, byteCount: Int, _ status: JobStatus) {
        number += 1
        let tenant = job.request.owner.tenant
        shares[tenant, default: Share()].count += 1
        shares[tenant, default: Share()].byteCount += byteCount
        shares[tenant, default: Share()].counts[status, default: 0] += 1
        entries[job.id] = Entry(
            job: job,
            number: number,
            byteCount: byteCount,
            bodyByteCount: job.body.count,
            status: status
        )
        named[job.request.requestName, default: []].append(job)
    }

    /// When the next job of a tenant is forgotten.
    private mutating func timeUntilRoom(of tenant: String?) -> Duration? {
        shares[tenant]?.ended.first { [entries] in entries[$0.id] != nil }
            .map { max(ContinuousClock.now.duration(to: $0.time + limits.age), .milliseconds(1)) }
    }

    /// Forgets a job.
    mutating func remove(_ job: Job) {
        guard let entry = entries.removeValue(forKey: job.id) else { return }
        if entry.status == .queued { waiting.remove(job) }
        forgetRepetition(of: job)
        let name = job.request.requestName
        named[name]?.removeAll { $0 === job }
        if named[name]?.isEmpty == true { named[name] = nil }
        let tenant = job.request.owner.tenant
        shares[tenant]?.count -= 1
        shares[tenant]?.byteCount -= entry.byteCount
        shares[tenant]?.counts[entry.status, default: 0] -= 1
        // What is computed leaves its place when that has ended.
        if entry.isRunning { orphans.insert(job.id) }
        dropShare(of: tenant)
    }

    /// Some of the jobs that ended before a time.
    mutating func jobs(endedBefore time: ContinuousClock.Instant, upTo count: Int) -> [Job] {
        var found: [Job] = []
        for tenant in Array(shares.keys) where found.count < count {
            found +=
                shares[tenant]?.ended.jobs(before: time, upTo: count - found.count) { [entries] in
                    entries[$0.id] != nil
                } ?? []
        }
        return found
    }

    /// Takes up a job of another process, whether there is room for more or not.
    ///
    /// - Parameters:
    ///   - job: The job.
    ///   - ended: When it ended; nil if it did not.
    ///   - waits: Whether it waits to be computed, if it did not end.
    mutating func restore(_ job: Job, ended: ContinuousClock.Instant?, waits: Bool) {
        insert(job, byteCount: job.byteCount, job.progress.status)
        if let name = name(of: job.request), job.mayBeRepeated { repetitions[name] = job }
        if let ended {
            shares[job.request.owner.tenant]?.ended.append(job, at: ended)
        } else if waits {
            waiting.insert(job, number: number)
        }
    }

    /// Takes note that all jobs of another process are there, which did not end in the order in which they came.
    mutating func completeRestoring() {
        isRestored = true
        for tenant in Array(shares.keys) { shares[tenant]?.ended.sort() }
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
        let job = waiting.takeNext(at: now) { [shares] in shares[$0]?.runningCount ?? 0 }
        guard let job else { return nil }
        entries[job.id]?.isRunning = true
        shares[job.request.owner.tenant]?.runningCount += 1
        runningCount += 1
        attemptCount += 1
        return (job, start)
    }

    /// Has a job wait again that was to be computed, before those that came after it.
    ///
    /// - Parameters:
    ///   - job: The job.
    ///   - earliest: When one is begun again.
    ///   - isOwners: Whether what refused it refuses those of its owner alone.
    mutating func putBack(_ job: Job, until earliest: ContinuousClock.Instant, isOwners: Bool) {
        release(job)
        guard let entry = entries[job.id], entry.job === job else { return }
        setStatus(.queued, of: job)
        waiting.insert(job, number: entry.number)
        if isOwners {
            waiting.hold(job.request.owner, until: earliest)
        } else {
            waiting.hold(until: earliest)
        }
    }

    /// Takes everything that waits.
    mutating func takeQueue() -> [Job] { waiting.takeAll() }

    /// Takes note of where a job is in its life.
    mutating func setStatus(_ status: JobStatus, of job: Job) {
        guard let entry = entries[job.id], entry.job === job, entry.status != status,
            !entry.status.isOver
        else { return }
        let tenant = job.request.owner.tenant
        shares[tenant]?.counts[entry.status, default: 0] -= 1
        shares[tenant]?.counts[status, default: 0] += 1
        entries[job.id]?.status = status
    }

    /// Counts bytes of a job, if there is room; one that is gone takes none.
    ///
    /// - Parameters:
    ///   - job: The job.
    ///   - byteCount: How many.
    ///   - isAnswer: Whether they are those of its answer, whose room that of its document is.
    /// - Returns: Whether there is room.
    mutating func charge(_ job: Job, _ byteCount: Int, isAnswer: Bool = false) -> Bool {
        guard let entry = entries[job.id], entry.job === job else { return true }
        let tenant = job.request.owner.tenant
        let difference = byteCount - (isAnswer ? entry.bodyByteCount : 0)
        let sum = (shares[tenant]?.byteCount ?? 0) + difference
        guard sum <= limits.maximumByteCount else { return false }
        shares[tenant]?.byteCount = sum
        entries[job.id]?.byteCount += difference
        if isAnswer { entries[job.id]?.bodyByteCount = 0 }
        return true
    }

    /// Takes note that a job has ended.
    ///
    /// - Parameters:
    ///   - job: The job.
    ///   - outcome: How.
    ///   - eventByteCount: Bytes of the events that are kept of it.
    ///   - now: When.
    /// - Returns: Whether it is kept, and had not ended before.
    mutating func end(
        _ job: Job,
        _ outcome: JobOutcome,
        eventByteCount: Int,
        at now: ContinuousClock.Instant
    ) -> Bool {
        let isWaiting = entries[job.id].map { $0.status == .queued && !$0.isRunning } ?? false
        release(job)
        guard let entry = entries[job.id], entry.job === job, !entry.status.isOver else {
            return false
        }
        if isWaiting { waiting.remove(job) }
        setStatus(outcome.status, of: job)
        let tenant = job.request.owner.tenant
        shares[tenant]?.ended.append(job, at: now)
        // Its document goes, its answer comes.
        var byteCount = eventByteCount
        switch outcome {
        case .completed(let document): byteCount += document.count
        case .failed(let failure):
            byteCount += failure.message.utf8.count
            if failure.isTransient { forgetRepetition(of: job) }
        }
        shares[tenant]?.byteCount += byteCount - entry.byteCount
        entries[job.id]?.byteCount = byteCount
        entries[job.id]?.bodyByteCount = 0
        return true
    }

    /// Takes note that a job is not computed any more.
    mutating func release(_ job: Job) {
        let isOrphan = orphans.remove(job.id) != nil
        guard isOrphan || entries[job.id]?.isRunning == true else { return }
        entries[job.id]?.isRunning = false
        runningCount -= 1
        waiting.release(job.request.owner)
        shares[job.request.owner.tenant]?.runningCount -= 1
        dropShare(of: job.request.owner.tenant)
    }

    // MARK: - What is told

    /// How many there are.
    func load(where isCounted: (String?) -> Bool) -> JobStore.Load {
        var load = JobStore.Load()
        load.storageFaultCount = storageFaults.count
        for (tenant, share) in shares where isCounted(tenant) {
            for (status, count) in share.counts where count > 0 {
                load.counts[status, default: 0] += count
            }
            load.byteCount += share.byteCount
        }
        return load
    }
}
