internal import Foundation
internal import Locking

/// Sends the requests of a workload to a daemon and records what becomes of them.
///
/// Threads: each request in progress occupies a thread of its own, which mostly waits.
package final class LoadRun: Sendable {
    /// How far a run is.
    package struct Progress: Hashable, Sendable {
        /// Requests that have ended.
        package let endedCount: Int
        /// Requests of the run.
        package let count: Int
        /// Requests in progress.
        package let activeCount: Int
    }

    private struct State {
        var next = 0
        var activeCount = 0
        var records: [RequestRecord] = []
    }

    private let client: HTTPClient
    private let workload: Workload
    private let requests: [LoadRequest]
    private let timeout: Duration
    private let progress: @Sendable (Progress) -> Void
    private let state = Mutex(State())
    private let start = ContinuousClock.now

    /// Prepares a run.
    ///
    /// - Parameters:
    ///   - requests: What to send, in the order of their times.
    ///   - workload: Makes their documents.
    ///   - client: Sends them.
    ///   - timeout: When to give up a request.
    ///   - progress: Told after every request, from its thread.
    package init(
        _ requests: [LoadRequest],
        of workload: Workload,
        by client: HTTPClient,
        timeout: Duration,
        progress: @escaping @Sendable (Progress) -> Void
    ) {
        self.requests = requests
        self.workload = workload
        self.timeout = timeout
        self.progress = progress
        self.client = client
    }

    /// Sends everything with so many requests in progress at once; waits for the end.
    ///
    /// Requests that have a time are not sent before it.
    ///
    /// - Returns: The records in the order of the requests, and how long the run took.
    package func run(concurrency: Int) -> (records: [RequestRecord], duration: Duration) {
        let group = DispatchGroup()
        for _ in 0..<max(1, min(concurrency, requests.count)) {
            group.enter()
            let thread = Thread { [self] in
                while let request = takeNext() {
                    wait(until: request.start)
                    let record = send(request)
                    finish(record)
                    if case .refused = record.outcome, request.start == nil {
                        pause(record.retryAfter)
                    }
                }
                group.leave()
            }
            thread.stackSize = 512 << 10
            thread.start()
        }
        group.wait()
        let duration = start.duration(to: .now)
        let records = state.withLock { $0.records }
        return (records.sorted { $0.request.index < $1.request.index }, duration)
    }

    /// Sends one request and waits for its answer.
    package func send(_ request: LoadRequest) -> RequestRecord {
        let body = workload.body(request)
        state.withLock { $0.activeCount += 1 }
        defer { state.withLock { $0.activeCount -= 1 } }
        var reader = AnswerReader(request, start: start)
        do {
            let answer = try client.exchange(
                "POST",
                "/v1/interleave",
                body: body,
                deadline: .now.advanced(by: timeout)
            ) { piece, status, isEventStream in reader.read(piece, status, isEventStream) }
            reader.end(answer)
        } catch {
            reader.fail(error)
        }
        return reader.record
    }

    private func takeNext() -> LoadRequest? {
        state.withLock { state in
            guard state.next < requests.count else { return nil }
            defer { state.next += 1 }
            return requests[state.next]
        }
    }

    private func finish(_ record: RequestRecord) {
        let now = state.withLock { state in
            state.records.append(record)
            return Progress(
                endedCount: state.records.count,
                count: requests.count,
                activeCount: state.activeCount
            )
        }
        progress(now)
    }

    private func wait(until time: Duration?) {
        guard let time else { return }
        let left = time - start.duration(to: .now)
        if left > .zero { Thread.sleep(forTimeInterval: left / .seconds(1)) }
    }

    /// Does as a full queue asks, within reason: the run should end some day.
    private func pause(_ retryAfter: Duration?) {
        let limit = min(retryAfter ?? .milliseconds(100), .seconds(1))
        Thread.sleep(forTimeInterval: limit / .seconds(1))
    }
}
