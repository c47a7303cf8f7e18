import TestSupport
import Testing

@testable import Scheduling

@Suite struct StageCostTests {
    private static func cost(_ units: Int) -> Duration { .microseconds(500 + 100 * units) }

    @Test("Fixed and proportional parts are recovered from batches of different sizes")
    func fitsALine() throws {
        var cost = StageCost()
        for step in 0..<200 {
            cost.observe(unitCount: 1 + step % 7, duration: Self.cost(1 + step % 7))
        }
        let prediction = try #require(cost.prediction(unitCount: 20))
        #expect(abs(prediction.inSeconds - 2500e-6) < 25e-6)
        #expect(abs(cost.fixed.inSeconds - 500e-6) < 10e-6)
        #expect(cost.unitCount(within: .microseconds(1520)) == 10)
        #expect(cost.unitCount(within: .microseconds(100)) == 0)
    }

    @Test("Before the first measurement nothing is predicted")
    func knowsNothingAtFirst() {
        #expect(StageCost().prediction(unitCount: 1) == nil)
        #expect(StageCost().unitCount(within: .seconds(1)) == nil)
    }

    @Test("Batches of one size are taken to cost in proportion")
    func extrapolatesProportionally() throws {
        var cost = StageCost()
        for _ in 0..<20 { cost.observe(unitCount: 2, duration: .milliseconds(10)) }
        let prediction = try #require(cost.prediction(unitCount: 4))
        #expect(abs(prediction.inSeconds - 20e-3) < 1e-6)
    }

    @Test("A stall of a hundred times the usual moves the estimate by less than a tenth")
    func resistsOutliers() throws {
        var cost = StageCost()
        for step in 0..<100 {
            cost.observe(unitCount: 1 + step % 4, duration: Self.cost(1 + step % 4))
        }
        let before = try #require(cost.prediction(unitCount: 2))
        cost.observe(unitCount: 2, duration: Self.cost(2) * 100)
        let after = try #require(cost.prediction(unitCount: 2))
        #expect(after / before < 1.1)
    }

    @Test("A lasting change is learned")
    func followsChanges() throws {
        var cost = StageCost()
        for step in 0..<100 {
            cost.observe(unitCount: 1 + step % 4, duration: Self.cost(1 + step % 4))
        }
        for step in 0..<300 {
            cost.observe(unitCount: 1 + step % 4, duration: Self.cost(1 + step % 4) * 10)
        }
        let prediction = try #require(cost.prediction(unitCount: 2))
        #expect(abs(prediction / (Self.cost(2) * 10) - 1) < 0.05)
    }

    @Test(
        "Whatever is measured, predictions are finite, not negative, and do not fall with the batch"
    )
    func staysSane() throws {
        var random = SeededRandom(seed: 5)
        var cost = StageCost()
        for _ in 0..<2000 {
            let units = Int.random(in: 0...1000, using: &random)
            let nanoseconds = Int64.random(in: 0...1_000_000_000, using: &random)
            cost.observe(unitCount: units, duration: .nanoseconds(nanoseconds))
            let small = try #require(cost.prediction(unitCount: 1))
            let large = try #require(cost.prediction(unitCount: 100))
            #expect(small >= .zero && large >= small && large < .seconds(1000))
        }
    }
}
