/// Jobs that have ended, those first that ended first; some of them may be gone by now.
struct EndedJobs {
    /// A job, and when it ended.
    struct Entry {
        let job: Job
        let time: ContinuousClock.Instant
    }

    private var entries: [Entry] = []
    /// How many at the beginning are forgotten.
    private var head = 0

    /// Adds a job that ended after all others.
    mutating func append(_ job: Job, at time: ContinuousClock.Instant) {
        entries.append(Entry(job: job, time: time))
    }

    /// Puts jobs in order that were added in another one.
    mutating func sort() {
        entries.removeFirst(head)
        head = 0
        entries.sort { $0.time < $1.time }
    }

    /// The job that ended first.
    ///
    /// - Parameter isKept: Whether a job is still there.
    /// - Returns: It, and when that was; nil if there is none.
    mutating func first(where isKept: (Job) -> Bool) -> Entry? {
        while head < entries.count, !isKept(entries[head].job) { head += 1 }
        compact()
        return head < entries.count ? entries[head] : nil
    }

    /// The jobs that ended before a time.
    ///
    /// - Parameters:
    ///   - time: The time.
    ///   - count: Most of them.
    ///   - isKept: Whether a job is still there.
    /// - Returns: The jobs, which stay until they are gone.
    mutating func jobs(
        before time: ContinuousClock.Instant,
        upTo count: Int,
        where isKept: (Job) -> Bool
    ) -> [Job] {
        guard first(where: isKept) != nil else { return [] }
        var found: [Job] = []
        for entry in entries[head...] where found.count < count {
            guard entry.time < time else { break }
            if isKept(entry.job) { found.append(entry.job) }
        }
        return found
    }

    /// Gives the room of those back that are gone, once they are most.
    private mutating func compact() {
        guard head > 64, head > entries.count / 2 else { return }
        entries.removeFirst(head)
        head = 0
    }
}
