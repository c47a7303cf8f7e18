/// What was done for a key.
package struct KeyUsage: Hashable, Sendable {
    /// Requests that it opened something for.
    package var requestCount = 0
    /// Requests refused because of its limits.
    package var refusedCount = 0
    /// Tokens read and written.
    package var tokenCount = 0
    /// Pictures drawn, begun ones included.
    package var pictureCount = 0
    /// Machine time, its share of steps that others took part in.
    package var machineTime = Duration.zero

    /// Nothing yet.
    package init() {}

    /// Adds what a request took.
    mutating func add(_ work: KeyWork) {
        tokenCount += work.tokenCount
        pictureCount += work.pictureCount
        machineTime += work.machineTime
    }
}

/// What one request took.
package struct KeyWork: Hashable, Sendable {
    /// Tokens read and written; of a request that was not completed, those that were computed.
    package let tokenCount: Int
    /// Pictures drawn, begun ones included.
    package let pictureCount: Int
    /// Machine time.
    package let machineTime: Duration

    /// Groups the parts.
    package init(tokenCount: Int, pictureCount: Int, machineTime: Duration) {
        self.tokenCount = tokenCount
        self.pictureCount = pictureCount
        self.machineTime = machineTime
    }
}
