import Testing

@testable import Scheduling

@Suite("Pace of denoising")
struct DenoisingPaceTests {
    private let pace = DenoisingPace(from: .seconds(10))

    @Test(
        "Where nothing was measured before, what is left takes as long for each step as what was seen"
    )
    func seen() {
        #expect(pace.rest(after: 1, of: 5, now: .seconds(11), expected: nil) == .seconds(4))
        #expect(pace.rest(after: 2, of: 6, now: .seconds(14), expected: nil) == .seconds(8))
    }

    @Test("Measured costs count as much as two steps")
    func expected() {
        let rest = pace.rest(after: 1, of: 5, now: .seconds(13), expected: .seconds(6))
        // Steps of 1.5 seconds each, twice, and one of three seconds.
        #expect(rest == .seconds(8))
        #expect(
            pace.rest(after: 4, of: 5, now: .seconds(16), expected: .seconds(1.5)) == .seconds(1.5)
        )
    }

    @Test("Nothing is left after the last step")
    func last() {
        #expect(pace.rest(after: 5, of: 5, now: .seconds(30), expected: .zero) == .zero)
    }
}
