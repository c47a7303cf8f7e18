/// Where jobs are written down, so that they outlive the process.
///
/// What a function has written is safe when it returns. They are called one after the other.
package protocol JobStorage: Sendable {
    /// Writes a request down.
    func insert(_ request: JobRequest, _ start: JobStart) throws(JobStorageError)

    /// Writes down how often a job was begun, and by whom.
    func update(_ id: String, _ start: JobStart) throws(JobStorageError)

    /// Writes down how a job ended, and in which epoch; its document is forgotten.
    func end(_ id: String, _ start: JobStart, _ ending: JobEnding) throws(JobStorageError)

    /// Forgets jobs, so that nothing of them can be read any more.
    func delete(_ ids: [String]) throws(JobStorageError)

    /// Leaves nothing of what is forgotten where it could be read, and everything else where it belongs.
    func clean() throws(JobStorageError)
}

/// Why something could not be written down or read.
package struct JobStorageError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong, with the name of the file.
    package let description: String

    /// An error.
    package init(_ description: String) {
        self.description = description
    }
}

/// How often a job was begun, and by whom.
package struct JobStart: Hashable, Sendable {
    /// How often.
    package var attemptCount = 0
    /// Which of its streams is told.
    package var epoch = 1
    /// What computes its events: model and version, which another process may have others of; nil before the first time.
    package var maker: String?

    /// Not yet.
    package init() {}
}

/// How a job ended, with all that is told of it.
package struct JobEnding: Hashable, Sendable {
    /// How.
    package let outcome: JobOutcome
    /// Its events.
    package let events: [JobLog.Event]
    /// When that was, in seconds since 1970.
    package let time: Int

    /// An end.
    package init(outcome: JobOutcome, events: [JobLog.Event], time: Int) {
        self.outcome = outcome
        self.events = events
        self.time = time
    }
}

/// A job as it was written down.
package struct StoredJob: Hashable, Sendable {
    /// The request.
    package let request: JobRequest
    /// How often it was begun.
    package let start: JobStart
    /// How it ended; nil if it did not.
    package let ending: JobEnding?

    /// A job.
    package init(request: JobRequest, start: JobStart, ending: JobEnding?) {
        self.request = request
        self.start = start
        self.ending = ending
    }
}
