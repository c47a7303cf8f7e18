package import Simulation

/// Sizes that are the same for all requests; nil leaves them as they were drawn.
package struct FixedSizes: Hashable, Sendable {
    /// Words of every prompt.
    package var promptTokenCount: Int?
    /// Tokens of every answer that has words.
    package var generatedTokenCount: Int?
    /// Denoising steps of every picture.
    package var stepCount: Int?
    /// Whether pictures are drawn with guidance.
    package var isGuided: Bool?

    /// Nothing fixed.
    package init() {}

    /// A request with these sizes.
    func applied(to arrival: Arrival) -> Arrival {
        var arrival = arrival
        if let promptTokenCount { arrival.promptTokenCount = promptTokenCount }
        if let generatedTokenCount, arrival.generatedTokenCount > 0 {
            arrival.generatedTokenCount = generatedTokenCount
        }
        if let stepCount, arrival.pictureCount > 0 { arrival.stepCount = stepCount }
        if let isGuided { arrival.isGuided = isGuided }
        return arrival
    }
}

/// Which requests are sent, and when.
package enum LoadPlan {
    /// A number of requests, each sent as soon as there is room.
    package static func closed(
        _ mix: RequestMix,
        count: Int,
        seed: UInt64,
        sizes: FixedSizes
    ) -> [LoadRequest] {
        var random = LoadRandom(seed: seed)
        return (0..<count).map { index in
            LoadRequest(index: index, arrival: sizes.applied(to: mix.draw(&random)))
        }
    }

    /// The requests of a trace at their times.
    package static func open(_ trace: ArrivalTrace, sizes: FixedSizes) -> [LoadRequest] {
        trace.arrivals.enumerated().map { index, arrival in
            LoadRequest(index: index, arrival: sizes.applied(to: arrival), start: arrival.time)
        }
    }

    /// What was sent, with the times at which it was, as a trace to simulate.
    package static func trace(of records: [RequestRecord]) -> ArrivalTrace {
        ArrivalTrace(
            records.map { record in
                var arrival = record.request.arrival
                arrival.time = record.sent
                return arrival
            }
        )
    }
}
