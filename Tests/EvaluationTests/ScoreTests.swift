import Evaluation
import Testing
import World

@Suite("Scores")
struct ScoreTests {
    @Test(
        "Intervals are Wilson's",
        arguments: [
            // Computed with 40 digits from the formula.
            (0, 10, 0.0, 0.277532799862889), (5, 10, 0.236593090512563, 0.763406909487436),
            (10, 10, 0.722467200137110, 1.0), (475, 500, 0.927231838828452, 0.965906254756150),
        ]
    )
    func intervals(right: Int, count: Int, low: Double, high: Double) {
        let interval = Proportion(right, of: count).interval
        #expect(abs(interval.lowerBound - low) < 1e-9)
        #expect(abs(interval.upperBound - high) < 1e-9)
    }

    @Test("Without trials anything is possible")
    func noTrials() {
        #expect(Proportion().value == 0)
        #expect(Proportion().interval == 0...1)
    }

    @Test("A check that an answer never came to counts as failed")
    func countsMissedChecks() {
        let example = Example.heldOut(.textToImage, 0)
        var score = SuiteScore(.textToImage, .train)
        score.add(Verdict(example, []))
        score.add(Verdict(example, example.perfectAnswers))
        score.add(Verdict(example, []))
        #expect(score.right == Proportion(1, of: 3))
        for name in ["background", "count", "position"] {
            #expect(score.details.first { $0.name == name }?.proportion == Proportion(1, of: 3))
        }
    }

    @Test("Details tell apart what is right, and half an answer has nothing right")
    func details() {
        let example = Example.heldOut(.story, 0)
        var score = SuiteScore(.story, .train)
        score.add(Verdict(example, example.perfectAnswers))
        score.add(Verdict(example, Array(example.perfectAnswers.prefix(1))))
        #expect(score.details.map(\.name) == Reading.attributeNames + ["others kept"])
        #expect(score.details.allSatisfy { $0.proportion == Proportion(1, of: 2) })
        let lines = ScoreTable([score], showsDetails: true).text.split(separator: "\n")
        #expect(lines.count == 2 + score.details.count + score.strictDetails.count)
    }

    @Test("The table has a line per suite and split, and lines of the same length")
    func table() {
        var score = SuiteScore(.caption, .unseen)
        let example = Example.heldOut(.caption, 0)
        score.add(Verdict(example, example.perfectAnswers))
        let lines = ScoreTable([score]).text.split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines[0].count == lines[1].count)
        #expect(lines[1].hasPrefix("caption"))
        #expect(lines[1].contains("100.0%"))
    }
}
