/// Shares of the kinds of requests, and how to draw requests from them.
package struct RequestMix: Hashable, Sendable {
    private let weights: [(kind: RequestKind, weight: Double)]

    package static func == (left: Self, right: Self) -> Bool { left.text == right.text }

    package func hash(into hasher: inout Hasher) { hasher.combine(text) }

    /// Reads weights of kinds, for example `caption=6,picture=2,interleave=1`.
    ///
    /// - Throws: ``TraceError`` for an unknown or repeated kind, or a weight that is not a positive number.
    package init(_ text: String) throws(TraceError) {
        var weights: [(kind: RequestKind, weight: Double)] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let sides = part.split(separator: "=", omittingEmptySubsequences: false)
            guard sides.count == 2, let kind = RequestKind(rawValue: String(sides[0])),
                let weight = Double(sides[1]), weight > 0, weight <= 1e6
            else {
                throw TraceError(line: 1, detail: "\"\(part)\" is not kind=weight")
            }
            guard !weights.contains(where: { $0.kind == kind }) else {
                throw TraceError(line: 1, detail: "\(kind.rawValue) is named twice")
            }
            weights.append((kind, weight))
        }
        self.weights = weights
    }

    /// The mix as it is written.
    package var text: String {
        weights.map { "\($0.kind.rawValue)=\($0.weight)" }.joined(separator: ",")
    }

    /// Requests at random times: a Poisson process with `rate` requests per second.
    package func arrivals(rate: Double, duration: Duration, seed: UInt64) -> ArrivalTrace {
        precondition(rate > 0, "a rate of nothing")
        var random = LoadRandom(seed: seed)
        var arrivals: [Arrival] = []
        var time = Duration.zero
        while true {
            time += .microseconds(Int64(random.exponential(mean: 1 / rate) * 1e6))
            guard time < duration else { return ArrivalTrace(arrivals) }
            var arrival = draw(&random)
            arrival.time = time
            arrivals.append(arrival)
        }
    }

    /// One request: its kind by weight, its lengths around what is typical of it.
    package func draw(_ random: inout LoadRandom) -> Arrival {
        let total = weights.reduce(0) { $0 + $1.weight }
        var choice = random.uniform() * total
        var kind = weights[weights.count - 1].kind
        for (candidate, weight) in weights {
            choice -= weight
            if choice < 0 {
                kind = candidate
                break
            }
        }
        var arrival = Arrival.typical(kind)
        func varied(_ count: Int) -> Int {
            count == 0 ? 0 : max(1, Int((Double(count) * (0.5 + random.uniform())).rounded()))
        }
        arrival.promptTokenCount = varied(arrival.promptTokenCount)
        arrival.generatedTokenCount = varied(arrival.generatedTokenCount)
        return arrival
    }
}
