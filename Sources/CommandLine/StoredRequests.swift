import JobFile
import Jobs
import Logging
import ServiceAPI

/// Requests that another daemon has written down, and that this one goes on with.
struct StoredRequests {
    private let file: JobFile
    private let asksForKeys: Bool
    private let manager: ServiceManager
    private let logger: Logger

    /// The longest time for a thousand of them, after which a service manager takes the daemon for hung.
    private static let progressLimit = Duration.seconds(120)

    init(_ file: JobFile, asksForKeys: Bool, manager: ServiceManager, logger: Logger) {
        self.file = file
        self.asksForKeys = asksForKeys
        self.manager = manager
        self.logger = logger
    }

    /// Has a service take them up.
    ///
    /// - Parameter service: The service.
    /// - Throws: `JobStorageError` if the file holds something else.
    func restore(to service: Service) throws(JobStorageError) {
        var (count, waitingCount, keyedCount) = (0, 0, 0)
        tell()
        try service.restore { take throws(JobStorageError) in
            try file.load { jobs in
                take(jobs)
                waitingCount += jobs.count { $0.ending == nil }
                keyedCount += jobs.count { $0.ending == nil && $0.request.owner.key != nil }
                if (count + jobs.count) / 1000 > count / 1000 { tell() }
                count += jobs.count
            }
        }
        let bound = sizeText(service.configuration.jobs.maximumByteCount)
        logger.info(
            """
            \(file.path) has \(count) requests, \(waitingCount) of them to be computed; they are in memory as well, at most \
            \(bound) of each tenant (max_job_bytes).
            """
        )
        guard keyedCount > 0, !asksForKeys else { return }
        logger.warning("\(keyedCount) requests that came with a key wait for api_keys.")
    }

    private func tell() {
        manager.starting("Reading the requests that are kept", limit: Self.progressLimit)
    }
}
