internal import Locking
internal import MMInterleaved
internal import Scheduling

extension Engine {
    /// Tells what a request would do, without computing it.
    ///
    /// The request is admitted and its input read as if it were to be computed, so that what would be refused is refused;
    /// then it ends.
    ///
    /// - Parameters:
    ///   - request: What to continue, and how.
    ///   - handle: Gets the forecast, or the reason why there is none, once.
    /// - Returns: What ends it early.
    /// - Throws: as ``submit(_:handle:)``; then nothing is reported.
    package func forecast(
        _ request: InterleaveRequest,
        handle: @escaping @Sendable (Result<RequestForecast, EngineError>) -> Void
    ) throws(EngineError) -> Ticket {
        try request.check()
        try request.checkPictures(modelConfiguration)
        var rest = request
        rest.input = []
        let core = core
        let configuration = modelConfiguration
        var bounds = request.bounds(modelConfiguration)
        // Nothing is computed: that the answer would come too late is told, not refused.
        (bounds.leastWork, bounds.mostWork) = (RequestWork(), RequestWork())
        return try enqueue(
            request.input,
            Submission<RequestForecast, RequestForecast>(
                appearance: request.appearance,
                scope: request.scope,
                bounds: bounds,
                branching: request.branching,
                arrived: request.arrived,
                timeout: request.timeout,
                recorder: nil
            ) { [rest] prompt, _, bounds in
                let costs = core.scheduler.withLock(\.costs)
                return RequestForecast(prompt, rest, bounds.limited(configuration), costs, core)
            } run: { forecast, _, _, _ in
                forecast
            } completion: { result, _ in
                handle(result)
            } conclude: { forecast in
                forecast
            }
        )
    }
}
