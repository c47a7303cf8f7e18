import Images
@testable import LoadGenerator
import Simulation
import Testing

@Suite("Reports of runs")
struct ReportTests {
    /// A record of words at some milliseconds after sending.
    private func record(
        _ index: Int,
        words: [Int],
        end: Int,
        kind: RequestKind = .caption
    ) -> RequestRecord {
        let sent = Duration.seconds(index)
        var record = RequestRecord(
            LoadRequest(index: index, arrival: .typical(kind)),
            sent: sent
        )
        record.events = words.map {
            RequestRecord.TimedEvent(name: "text.delta", time: sent + .milliseconds($0))
        }
        record.ended = sent + .milliseconds(end)
        record.outcome = .completed
        record.tokenCount = words.count
        record.queueTime = .milliseconds(index)
        return record
    }

    @Test("Measure times between words within a segment only")
    func separatesSegments() {
        var found = record(0, words: [10, 30], end: 100)
        found.events += [
            RequestRecord.TimedEvent(name: "segment.started", time: .milliseconds(50)),
            RequestRecord.TimedEvent(name: "text.delta", time: .milliseconds(60)),
            RequestRecord.TimedEvent(name: "text.delta", time: .milliseconds(65)),
        ]
        #expect(found.interTokenTimes == [.milliseconds(20), .milliseconds(5)])
        #expect(found.firstOutput == .milliseconds(10) && found.latency == .milliseconds(100))
    }

    @Test("Count as good what was answered within every target")
    func countsGoodput() {
        let records = [
            record(0, words: [10, 20], end: 40), record(1, words: [50, 60], end: 70),
            record(2, words: [10, 40], end: 50), record(3, words: [10, 20], end: 90),
            record(4, words: [], end: 60, kind: .picture),
        ]
        var targets = Targets()
        func good() -> Double {
            LoadReport(records, .seconds(10), targets).summaries[0].goodput * 10
        }
        #expect(good() == 5)
        targets.firstOutput = .milliseconds(20)
        #expect(good() == 4)
        targets.interToken = .milliseconds(10)
        #expect(good() == 3)
        targets.latency = .milliseconds(60)
        #expect(good() == 2)
    }

    @Test("Give rates over the length of the run, by kind")
    func givesRates() throws {
        let records = [
            record(0, words: [1, 2, 3], end: 40), record(1, words: [1], end: 70, kind: .interleave),
        ]
        let report = LoadReport(records, .seconds(2), Targets())
        #expect(report.summaries.map(\.kind) == ["all", "caption", "interleave"])
        #expect(report.summaries[0].tokensPerSecond == 2)
        #expect(report.summaries[1].requestsPerSecond == 0.5)
        #expect(report.isClean && report.text.contains("end to end"))
    }

    @Test("Have a line per request and per event in their tables")
    func writesTables() {
        var failed = record(1, words: [], end: 5)
        failed.outcome = .failed("a, b\nc")
        let records = [record(0, words: [10, 30], end: 40), failed]
        let lines = RecordTable.requests(records).split(separator: "\n")
        #expect(lines.count == 3)
        let cells = lines.map { $0.split(separator: ",", omittingEmptySubsequences: false) }
        #expect(Set(cells.map(\.count)).count == 1, "a reason may not break the table")
        #expect(lines[1].hasPrefix("0,caption,completed,0.0000,0.000,10.000,20.000,"))
        #expect(RecordTable.events(records).split(separator: "\n").count == 3)
    }

    @Test("Draw a picture in which every kind has its colour, whatever the values are")
    func drawsPlot() {
        let many = (0..<50).map { index in
            record(
                index,
                words: [index * 3 + 1, index * 4 + 9],
                end: index * 7 + 20,
                kind: RequestKind.allCases[index % 3]
            )
        }
        for records in [many, [], [record(0, words: [0, 0], end: 0)]] {
            let plot = LoadPlot(records, duration: .seconds(50), title: "(test) 100%").image
            #expect(plot.width == 1200 && plot.height == 900)
        }
        let full = LoadPlot(many, duration: .seconds(50), title: "").image
        let empty = LoadPlot([], duration: .seconds(50), title: "").image
        #expect(full.pixels != empty.pixels)
    }

    @Test("Round axes up to few digits", arguments: [0.0123, 0.5, 1, 3, 99, 101, 7200, 123_456])
    func roundsAxes(value: Double) {
        let rounded = LoadPlot.rounded(value)
        #expect(rounded >= value && rounded <= value * 2.5)
        #expect(LoadPlot.label(rounded).count <= 7)
    }

    @Test("Draw nothing outside of the canvas")
    func clips() {
        var canvas = Canvas(width: 4, height: 3, background: Color(0))
        canvas.fill(-5, -5, 6, 6, Color(0xffffff))
        canvas.fill(3, 2, 100, 100, Color(0xff0000))
        canvas.fill(50, 50, 3, 3, Color(0x00ff00))
        canvas.fill(1, 1, 0, -4, Color(0x00ff00))
        canvas.line(from: (-10, -10), to: (20, 15), Color(0x0000ff), thickness: 3)
        canvas.write("A\u{1F600}", 2, 1, Color(0x0000ff))
        #expect(canvas.image.pixels.count == 36)
        var line = Canvas(width: 5, height: 5, background: Color(0))
        line.line(from: (0, 4), to: (4, 0), Color(0xffffff))
        let diagonal = (0..<5).map { line.image.pixels[($0 * 5 + 4 - $0) * 3] }
        #expect(diagonal == [255, 255, 255, 255, 255])
    }
}
