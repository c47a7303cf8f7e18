import Scheduling
import TestSupport
import Testing

@testable import Simulation

@Suite struct ArrivalTraceTests {
    private static let mix = "caption=6,picture=2,interleave=1"

    @Test("A trace that is written reads back as the same")
    func roundTrips() throws {
        let trace = try RequestMix(Self.mix).arrivals(rate: 50, duration: .seconds(10), seed: 3)
        #expect(trace.arrivals.count > 300)
        #expect(try ArrivalTrace(text: trace.text) == trace)
    }

    @Test("Comments, empty lines and CRLF are passed over; requests are sorted by time")
    func readsLeniently() throws {
        let text =
            "# made by hand\r\n\(ArrivalTrace.header)\r\n\r\n2,caption,low,1,1,5,0,0,0\r\n"
            + "0.25,picture,high,7,0,0,1,20,1"
        let trace = try ArrivalTrace(text: text)
        #expect(trace.arrivals.map(\.time) == [.milliseconds(250), .seconds(2)])
        #expect(trace.arrivals.map(\.kind) == [.picture, .caption])
        #expect(trace.arrivals.map(\.priority) == [.high, .low])
        #expect(trace.arrivals.map(\.isGuided) == [true, false])
        #expect(trace.faster(by: 5).arrivals.last?.time == .milliseconds(400))
    }

    @Test(
        "A bad line is refused with its number",
        arguments: [
            "1,caption,normal,1,1,1,0,0", "1,caption,normal,1,1,1,0,0,0,0",
            "-1,caption,normal,1,1,1,0,0,0", "nan,caption,normal,1,1,1,0,0,0",
            "1e30,caption,normal,1,1,1,0,0,0", "1,speech,normal,1,1,1,0,0,0",
            "1,caption,urgent,1,1,1,0,0,0", "1,caption,normal,-1,1,1,0,0,0",
            "1,caption,normal,1000001,1,1,0,0,0", "1,caption,normal,1.5,1,1,0,0,0",
            "1,caption,normal,1,1,1,0,0,yes", "\"1\",caption,normal,1,1,1,0,0,0",
        ]
    )
    func refusesBadLines(line: String) throws {
        do throws(TraceError) {
            _ = try ArrivalTrace(text: "\(ArrivalTrace.header)\n\(line)\n")
            Issue.record("accepted")
        } catch {
            #expect(error.line == 2)
        }
    }

    @Test("Text without the header is refused", arguments: ["", "\n\n", "0,caption\n"])
    func refusesMissingHeader(text: String) {
        #expect(throws: TraceError.self) { try ArrivalTrace(text: text) }
    }

    @Test("Damaged text is read or refused, never more")
    func survivesDamage() throws {
        let text = try RequestMix(Self.mix).arrivals(rate: 5, duration: .seconds(3), seed: 1).text
        var random = SeededRandom(seed: 11)
        for _ in 0..<500 {
            let bytes = mutated(Array(text.utf8), using: &random)
            do throws(TraceError) {
                let trace = try ArrivalTrace(text: String(decoding: bytes, as: UTF8.self))
                #expect(
                    zip(trace.arrivals, trace.arrivals.dropFirst()).allSatisfy {
                        $0.time <= $1.time
                    }
                )
            } catch {
                #expect(error.line >= 1)
            }
        }
    }

    @Test(
        "A mix that is not kinds with positive weights is refused",
        arguments: [
            "", "caption", "caption=0", "caption=-1", "speech=1", "caption=1,caption=2",
            "caption=inf",
        ]
    )
    func refusesBadMixes(text: String) {
        #expect(throws: TraceError.self) { try RequestMix(text) }
    }

    @Test("Arrivals have the rate and the shares that were asked for, and follow from the seed")
    func drawsFromTheMix() throws {
        let mix = try RequestMix(Self.mix)
        let trace = mix.arrivals(rate: 100, duration: .seconds(100), seed: 7)
        #expect(abs(Double(trace.arrivals.count) / 10_000 - 1) < 0.05)
        let captions = trace.arrivals.count { $0.kind == .caption }
        #expect(abs(Double(captions) / Double(trace.arrivals.count) - 6.0 / 9) < 0.03)
        #expect(trace == mix.arrivals(rate: 100, duration: .seconds(100), seed: 7))
        #expect(trace != mix.arrivals(rate: 100, duration: .seconds(100), seed: 8))
    }

    @Test("Exponential numbers have the mean and the spread of their distribution")
    func drawsExponentials() {
        var random = LoadRandom(seed: 1)
        let values = (0..<100_000).map { _ in random.exponential(mean: 2) }
        let mean = values.reduce(0, +) / 1e5
        #expect(abs(mean - 2) < 0.03)
        // A share of exp(-1) is longer than the mean.
        #expect(abs(Double(values.count { $0 > 2 }) / 1e5 - 0.3679) < 0.01)
    }
}
