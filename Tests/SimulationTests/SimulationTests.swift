import Scheduling
import Testing

@testable import Simulation

@Suite struct SimulationTests {
    private static func report(
        rate: Double = 5,
        seconds: Int64 = 20,
        seed: UInt64 = 1,
        timeout: Duration? = nil,
        _ change: (inout SchedulingConfiguration) -> Void = { _ in }
    ) throws -> SimulationReport {
        let mix = try RequestMix("caption=6,picture=2,interleave=1")
        var configuration = SchedulingConfiguration()
        change(&configuration)
        var simulator = try Simulator(
            configuration,
            costs: .nano,
            load: .open(mix.arrivals(rate: rate, duration: .seconds(seconds), seed: seed)),
            timeout: timeout
        )
        return SimulationReport(simulator.run())
    }

    @Test("The same seed gives the same report, another one another")
    func isDeterministic() throws {
        #expect(try Self.report() == Self.report())
        #expect(try Self.report() != Self.report(seed: 2))
    }

    @Test("A lone caption takes exactly what its steps cost")
    func addsUp() throws {
        let costs = StepCosts(
            encode: .init(fixed: 1000, perUnit: 2000),
            language: .init(fixed: 100, perRow: 10, perAttendedPosition: 1),
            denoise: .init(fixed: 1, perUnit: 1),
            render: .init(fixed: 1, perUnit: 1),
            requestOverhead: 500
        )
        let arrival = Arrival(
            kind: .caption,
            promptTokenCount: 2,
            imageCount: 1,
            generatedTokenCount: 3
        )
        var simulator = try Simulator(
            SchedulingConfiguration(),
            costs: costs,
            load: .open(ArrivalTrace([arrival])),
            imagePositionCount: 4
        )
        let log = simulator.run()
        let outcome = try #require(log.outcomes.first)
        // Begin, image token, four positions, two words: eight rows that attend to 1 + ... + 8 positions.
        let prompt = 500 + 3000 + 100 + 80 + 36
        #expect(outcome.timeToFirst == .microseconds(prompt))
        #expect(outcome.interTokenTimes == [.microseconds(119), .microseconds(120)])
        #expect(outcome.endToEnd == .microseconds(prompt + 239))
        #expect(outcome.queueTime == .microseconds(500))
    }

    @Test("An interleaved answer has all its words and pictures")
    func runsInterleaved() throws {
        var simulator = try Simulator(
            SchedulingConfiguration(),
            costs: .nano,
            load: .open(ArrivalTrace([.typical(.interleave)]))
        )
        let log = simulator.run()
        let outcome = try #require(log.outcomes.first)
        #expect(outcome.tokenTimes.count == 48)
        #expect(outcome.pictureTimes.count == 2)
        #expect(log.stages[.denoise]?.stepCount == 40)
        #expect(log.stages[.encode]?.stepCount == 1)
        // The first token after the picture is no delay between tokens.
        #expect(outcome.interTokenTimes.count == 46)
    }

    @Test("Every request is accounted for, at any load", arguments: [1.0, 10, 100])
    func accountsForAll(load: Double) throws {
        let mix = try RequestMix("caption=6,picture=2,interleave=1")
        let trace = mix.arrivals(rate: 5 * load, duration: .seconds(5), seed: 4)
        var simulator = try Simulator(
            SchedulingConfiguration(),
            costs: .nano,
            load: .open(trace),
            timeout: .seconds(4)
        )
        let log = simulator.run()
        #expect(log.outcomes.count == trace.arrivals.count)
        for outcome in log.outcomes {
            let ends = [outcome.endedAt != nil, outcome.refusal != nil, outcome.isExpired]
            #expect(ends.count { $0 } == 1)
        }
    }

    @Test(
        "Overload is refused at the door: of a flood of captions those that run end within a second"
    )
    func refusesOverload() throws {
        let report = try Self.report(rate: 400, seconds: 4)
        let captions = try #require(report.kinds.first { $0.kind == .caption })
        #expect(captions.refusedCount > captions.completedCount)
        #expect(captions.completedCount > 50)
        #expect(try #require(captions.endToEnd).p95 < 1)
    }

    @Test("With too few blocks sequences are preempted, and all requests still end")
    func preempts() throws {
        let report = try Self.report { configuration in
            configuration.blockCount = 24
            configuration.reservedBlockCount = 1
        }
        #expect(report.preemptionCount > 0)
        #expect(report.kinds.allSatisfy { $0.completedCount > 0 && $0.refusedCount == 0 })
    }

    @Test("Clients that wait for their answers send exactly as many requests as they should")
    func closesTheLoop() throws {
        var simulator = try Simulator(
            SchedulingConfiguration(),
            costs: .nano,
            load: .closed(
                try RequestMix("caption=1"),
                clientCount: 8,
                requestCount: 100,
                seed: 1
            )
        )
        let log = simulator.run()
        #expect(log.outcomes.count == 100)
        #expect(log.outcomes.allSatisfy { $0.endedAt != nil })
    }

    @Test("Percentiles are by nearest rank")
    func ranks() throws {
        let values = try #require(Percentiles((1...100).reversed().map { .seconds($0) }))
        #expect((values.p50, values.p90, values.p99, values.maximum) == (50, 90, 99, 100))
        #expect(Percentiles([]) == nil)
        let one = try #require(Percentiles([.seconds(3)]))
        #expect(one.p50 == 3 && one.p99 == 3 && one.mean == 3)
        let times = (1...100).map { Duration.milliseconds($0) }
        let small = try #require(Percentiles(times, in: .milliseconds(1)))
        #expect(small.p95 == 95 && small.mean == 50.5 && small.count == 100)
    }
}
