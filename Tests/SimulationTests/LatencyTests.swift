import Scheduling
import Simulation
import Testing

@Suite struct LatencyTests {
    private static let costs = StepCosts.nano

    private static func run(
        _ arrivals: [Arrival],
        _ change: (inout SchedulingConfiguration) -> Void = { _ in },
        costs: StepCosts = costs
    ) throws -> SimulationLog {
        var configuration = SchedulingConfiguration()
        change(&configuration)
        var simulator = try Simulator(
            configuration,
            costs: costs,
            load: .open(ArrivalTrace(arrivals))
        )
        return simulator.run()
    }

    private static func caption(tokens: Int = 300, at time: Duration = .zero) -> Arrival {
        var arrival = Arrival.typical(.caption)
        arrival.generatedTokenCount = tokens
        arrival.time = time
        return arrival
    }

    @Test("Beside four pictures a caption streams between their steps, and they keep their share")
    func streamsBesidePictures() throws {
        let pictures = Array(repeating: Arrival.typical(.picture), count: 4)
        let log = try Self.run(pictures + [Self.caption(at: .milliseconds(100))])
        let caption = try #require(log.outcomes.first { $0.kind == .caption })
        let longest = try #require(log.stages[.denoise]?.longest)
        let ownStep = Duration.microseconds(600)
        let times = try #require(Percentiles(caption.interTokenTimes))
        #expect(times.p50 < 1.5 * (longest + ownStep).inSeconds)
        #expect(times.maximum < 2 * (longest + ownStep).inSeconds)
        // All the work there is, which four pictures share: none can be done much sooner.
        let busy = log.stages.values.reduce(Duration.zero) { $0 + $1.busy }
        for picture in log.outcomes where picture.kind == .picture {
            #expect(try #require(picture.endToEnd) < busy * 1.3)
        }
        let alone = try Self.run(pictures)
        let ends = try (log, alone).0.outcomes.filter { $0.kind == .picture }
            .map { try #require($0.endToEnd) }
        let aloneEnd = try #require(alone.outcomes.compactMap(\.endToEnd).max())
        // Fair: a fifth of the time is the caption's at most.
        #expect(try #require(ends.max()) < aloneEnd * 1.3)
    }

    @Test("Eight captions decode in one batch")
    func decodesTogether() throws {
        let log = try Self.run(Array(repeating: Self.caption(tokens: 100), count: 8))
        let language = try #require(log.stages[.language])
        // One step per token, and a few for the prompts.
        #expect(language.stepCount < 110)
        #expect(Double(language.unitCount) / Double(language.stepCount) > 7)
    }

    @Test("While tokens wait, steps are no longer than the target, once costs are measured")
    func shortensSteps() throws {
        let pictures = Array(repeating: Arrival.typical(.picture), count: 8)
        let captions = (0..<10).map { Self.caption(at: .milliseconds(300 * $0)) }
        let log = try Self.run(captions + pictures) { $0.stepDurationTarget = .milliseconds(40) }
        let gaps = log.outcomes.flatMap(\.interTokenTimes)
        // A step that began before there was a token to wait may be longer; the bound covers it.
        let bound = Duration.milliseconds(40) + SchedulingConfiguration().decodeWaitBound * 2
        #expect(try #require(gaps.max()) < bound)
    }

    @Test("While nothing decodes, steps on pictures are still short enough for who may come")
    func boundsQuietSteps() throws {
        var costs = Self.costs
        costs.denoise.perUnit = 100_000
        let pictures = Array(repeating: Arrival.typical(.picture), count: 8)
        let log = try Self.run(pictures, costs: costs)
        // Two samples, one drawing, are 200 ms; two drawings would take 400.
        #expect(try #require(log.stages[.denoise]).longest < .milliseconds(250))
    }

    @Test(
        "A machine too slow for the bound shares: pictures go on beside endless words",
        arguments: [Duration.zero, .milliseconds(50)]
    )
    func sharesWhenSlow(bound: Duration) throws {
        var costs = Self.costs
        costs.language.fixed = 200_000
        let log = try Self.run(
            [Self.caption(tokens: 200), .typical(.picture)],
            { $0.decodeWaitBound = bound },
            costs: costs
        )
        let caption = try #require(log.outcomes.first { $0.kind == .caption }?.endToEnd)
        let picture = try #require(log.outcomes.first { $0.kind == .picture }?.endToEnd)
        #expect(picture < caption / 2)
    }

    /// Steps on pictures of seconds, a token of 30 ms.
    private static var large: StepCosts {
        StepCosts(
            encode: StepCosts.Line(fixed: 0, perUnit: 1_000_000),
            language: StepCosts.Language(fixed: 30_000, perRow: 500, perAttendedPosition: 0.05),
            denoise: StepCosts.Line(fixed: 0, perUnit: 650_000),
            render: StepCosts.Line(fixed: 0, perUnit: 3_000_000),
            requestOverhead: 1_500
        )
    }

    @Test("Words flow beside a large model's pictures, which take little longer for them")
    func interruptsLargeSteps() throws {
        let picture = Arrival.typical(.picture)
        let caption = Self.caption(tokens: 120, at: .milliseconds(100))
        let log = try Self.run([picture, caption], costs: Self.large)
        let ownStep = Duration.milliseconds(31)
        let words = try #require(log.outcomes.first { $0.kind == .caption })
        #expect(try #require(words.interTokenTimes.max()) <= .milliseconds(250) + ownStep)
        // Its first step is not yet measured; whatever runs, who comes is not kept waiting for it.
        #expect(try #require(words.timeToFirst) < .seconds(3))
        let alone = try Self.run([picture], costs: Self.large)
        let end = try #require(log.outcomes.first { $0.kind == .picture }?.endToEnd)
        #expect(try end < #require(alone.outcomes.first?.endToEnd) * 1.3)
        #expect(log.interruptionCount > 0)
    }

    @Test("Endless words that take seconds each leave half of the machine to pictures")
    func takesTurnsWhereWordsTakeLong() throws {
        var costs = Self.large
        costs.language.fixed = 2_000_000
        costs.denoise.perUnit = 5_000_000
        let picture = Arrival.typical(.picture)
        let words = (0..<3).map { _ in Self.caption(tokens: 100, at: .milliseconds(100)) }
        let log = try Self.run([picture] + words, costs: costs)
        let end = try #require(log.outcomes.first { $0.kind == .picture }?.endToEnd)
        let alone = try Self.run([picture], costs: costs)
        #expect(try end < #require(alone.outcomes.first?.endToEnd) * 2.2)
        // And words come as often as that allows.
        let gaps = log.outcomes.flatMap(\.interTokenTimes)
        #expect(try #require(gaps.max()) < .seconds(5))
    }

    @Test(
        "After its first step the time that a picture takes is known within 30%, alone and beside others",
        arguments: [(1, 0), (1, 1), (4, 0), (4, 2), (8, 0)]
    )
    func expectsPictures(pictures: Int, captions: Int) throws {
        // A picture before, by which costs are known.
        var arrivals = [Arrival.typical(.picture)]
        for _ in 0..<pictures {
            var picture = Arrival.typical(.picture)
            picture.time = .seconds(60)
            arrivals.append(picture)
        }
        for _ in 0..<captions {
            arrivals.append(Self.caption(tokens: 60, at: .seconds(60)))
        }
        for costs in [Self.costs, Self.large] {
            let log = try Self.run(arrivals, costs: costs)
            let expectations = log.outcomes.flatMap(\.expectations)
            #expect(expectations.count == pictures + 1)
            for expectation in expectations {
                #expect((0.7...1.3).contains(expectation.expected / expectation.actual))
            }
        }
    }

    @Test("A model whose steps are short is never interrupted")
    func leavesShortStepsAlone() throws {
        let pictures = Array(repeating: Arrival.typical(.picture), count: 4)
        let log = try Self.run(pictures + [Self.caption(at: .milliseconds(100))])
        #expect(log.interruptionCount == 0)
    }

    /// A language model of forty large layers on two cores: a token takes 0.16 s, a row of a prompt 29 ms.
    private static var largest: StepCosts {
        var costs = large
        costs.language = StepCosts.Language(
            fixed: 135_000,
            perRow: 29_000,
            perAttendedPosition: 0.2
        )
        return costs
    }

    private static func prompt(_ tokenCount: Int, at time: Duration) -> Arrival {
        var prompt = Arrival(kind: .caption, promptTokenCount: tokenCount, generatedTokenCount: 1)
        prompt.time = time
        return prompt
    }

    @Test("Beside the longest prompts words come 250 ms after their own step at most")
    func flowsBesideLongPrompts() throws {
        for costs in [Self.large, Self.largest] {
            let prompts = (1...3).map { Self.prompt(2000, at: .seconds(4 * $0)) }
            let log = try Self.run([Self.caption(tokens: 100)] + prompts, costs: costs)
            let words = try #require(log.outcomes.first { $0.tokenTimes.count == 100 })
            let (fixed, row) = (costs.language.fixed, costs.language.perRow)
            let ownStep = Duration.microseconds(Int64(fixed + row))
            let longest = try #require(words.interTokenTimes.max())
            #expect(longest <= .milliseconds(250) + ownStep)
            #expect(log.outcomes.allSatisfy { $0.endedAt != nil })
        }
    }

    @Test("Who comes while somebody's long prompt is computed begins soon")
    func beginsBesideLongPrompt() throws {
        let newcomer = Self.prompt(20, at: .seconds(10))
        let log = try Self.run([Self.prompt(2000, at: .zero), newcomer], costs: Self.largest)
        let first = try #require(log.outcomes.first { $0.arrivedAt == .seconds(10) }?.timeToFirst)
        // A step of 128 rows takes 3.9 s, and so does the one that the newcomer is in.
        #expect(first < .seconds(8))
        // Short as steps are, a prompt alone takes a tenth longer than in one piece.
        let alone = try Self.run([Self.prompt(2000, at: .zero)], costs: Self.largest)
        let time = try #require(alone.outcomes.first?.timeToFirst)
        #expect(time < .seconds(2000 * 0.029 * 1.1))
    }

    @Test("A long prompt is computed in chunks between the tokens of others")
    func chunksPrompts() throws {
        var long = Arrival(kind: .caption, promptTokenCount: 3000, generatedTokenCount: 1)
        long.time = .milliseconds(50)
        let log = try Self.run([Self.caption(), long]) { $0.stepDurationTarget = .milliseconds(10) }
        let caption = try #require(log.outcomes.first { $0.tokenTimes.count == 300 })
        #expect(try #require(caption.interTokenTimes.max()) < .milliseconds(25))
    }
}
