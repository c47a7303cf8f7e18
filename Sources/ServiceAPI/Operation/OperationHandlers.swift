internal import Engine
internal import HTTPServer
internal import HTTPWire
internal import JSON
internal import Jobs
internal import Keys
internal import MMInterleaved
internal import Tracing

extension Service {
    /// `GET /metrics`: never waits, and is there while the model loads.
    func answerMetrics(_ exchange: Exchange) {
        let engine = liveEngine
        let snapshot = engine?.snapshot(metrics)
        let document = MetricsDocument(
            metrics: metrics.snapshot(),
            engine: snapshot,
            requests: records.counters.values,
            server: serverLoad,
            jobs: jobs.load(),
            droppedLogLineCount: droppedLogLineCount,
            lostSpanCount: records.spans?.lostCount ?? 0,
            // Names of keys are nothing for strangers, to whom open_metrics may show the rest.
            keys: exchange.caller.seesAll ? access.keys?.accounts ?? [] : [],
            model: engine?.modelConfiguration.name,
            process: ProcessStatistics()
        )
        exchange.answer(
            Response(
                status: .ok,
                fields: ["content-type": ExpositionWriter.mediaType],
                body: Array(document.text.utf8)
            )
        )
    }

    /// `GET /v1/engine`: also while the requests in progress are finished before the end.
    ///
    /// Who may not see everybody's requests sees their own, and nothing that tells of others'.
    func answerEngine(_ exchange: Exchange) throws(ErrorResponse) {
        let engine = if let liveEngine { liveEngine } else { try engine() }
        var snapshot = engine.snapshot(metrics)
        if !exchange.caller.seesAll {
            snapshot.requests.removeAll { !exchange.caller.owns(requestsOf: $0.tenant) }
            snapshot.recentSteps = []
            snapshot.pools = []
        }
        let caller = exchange.caller
        exchange.answer(
            snapshot.json(
                model: engine.modelConfiguration.name,
                server: serverLoad,
                jobs: jobs.load { caller.owns(requestsOf: $0) }
            )
        )
    }
}
