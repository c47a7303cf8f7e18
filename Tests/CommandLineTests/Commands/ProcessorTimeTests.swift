import Testing

@testable import CommandLine

@Suite("Time that a hypervisor takes")
struct ProcessorTimeTests {
    @Test("Is the share of the ticks between two moments")
    func share() throws {
        let before = try #require(
            ProcessorTime(statistics: "cpu  100 0 20 500 3 1 1 40 9 9\ncpu0 1 2 3 4 5 6 7 8\n")
        )
        let after = try #require(ProcessorTime(statistics: "cpu  150 0 20 500 3 1 1 90 59 9\n"))
        #expect(after.stolenShare(since: before) == 0.5)
        #expect(before.stolenShare(since: before) == 0)
    }

    @Test(
        "Is not told where the line is another",
        arguments: ["", "cpu 1 2 3", "cpu0 1 2 3 4 5 6 7 8", "cpu a b c d e f g h"]
    )
    func unreadable(_ statistics: String) {
        #expect(ProcessorTime(statistics: statistics) == nil)
    }

    @Test("Is read from this system")
    func now() throws {
        let time = try #require(ProcessorTime.now)
        #expect(time.all > 0 && time.stolen >= 0)
    }
}
