internal import Dispatch
internal import Engine
package import HTTPServer
internal import Jobs
internal import Logging

extension Service {
    /// Ends serving so that no request is lost that a balancer sends here before it has noticed.
    ///
    /// At once `/readyz` says that the end is near, and every answer closes its connection. New requests are
    /// answered for `delay` more, and refused with 503 while those in progress are finished. `/livez` says 200
    /// to the end.
    ///
    /// - Parameters:
    ///   - server: The server in front of this service.
    ///   - delay: How long to go on serving.
    ///   - limit: Longest wait for requests in progress after that; then they are cancelled.
    ///   - leavesNewConnections: Whether those that come after the delay are left to wait for the next process, which is
    ///     handed the same sockets, instead of being refused.
    package func end(
        _ server: HTTPServer,
        delay: Duration,
        limit: Duration,
        leavesNewConnections: Bool = false
    ) {
        announceEnd()
        server.announceDraining()
        if delay > .zero {
            logger.info("Serving for \(delay) more.")
            _ = DispatchSemaphore(value: 0).wait(timeout: .now() + delay / .seconds(1))
        }
        logger.info("Finishing requests in progress, at most \(limit).")
        let start = ContinuousClock.now
        if leavesNewConnections { server.stopAccepting() }
        drain()
        liveEngine?.waitUntilIdle(limit: limit)
        jobs.flush(limit: Self.sendingLimit)
        // All answers are given; what remains is to send them.
        let rest = limit - start.duration(to: .now)
        server.drain(limit: max(rest, Self.sendingLimit))
    }

    /// Least time for sending answers that were given at the end of the limit.
    private static let sendingLimit = Duration.seconds(5)
}
