import JobFile
import Jobs
import Logging
import ServiceAPI

/// Requests that another daemon has written down, and that this one goes on with.
struct StoredRequests {
    private let file: JobFile
    private let manager: ServiceManager
    private let logger: Logger

    /// The longest time for a thousand of them, after which a service manager takes the daemon for hung.
    private static let progressLimit = Duration.seconds(120)

    init(_ file: JobFile, manager: ServiceManager, logger: Logger) {
        self.file = file
        self.manager = manager
        self.logger = logger
    }

    /// Has a service take them up.
    ///
    /// - Parameter service: The service.
    /// - Throws: `JobStorageError` if the file holds something else.
    func restore(to service: Service) throws(JobStorageError) {
        var (count, waitingCount) = (0, 0)
        tell()
        try service.restore { take throws(JobStorageError) in
            try file.load { jobs in
                take(jobs)
                waitingCount += jobs.count { $0.ending == nil }
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
    }

    private func tell() {
        manager.starting("Reading the requests that are kept", limit: Self.progressLimit)
    }
}
