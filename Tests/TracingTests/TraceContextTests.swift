import Testing

@testable import Tracing

@Suite struct TraceContextTests {
    private static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    private static let parent = "00f067aa0ba902b7"

    @Test("What is well-formed is read", arguments: [("01", true), ("00", false), ("03", true)])
    func reads(flags: String, isSampled: Bool) throws {
        let context = try #require(TraceContext("00-\(Self.trace)-\(Self.parent)-\(flags)"))
        #expect(context.trace == Self.trace)
        #expect(context.parent == Self.parent)
        #expect(context.isSampled == isSampled)
    }

    @Test("Of a later version what is known is read, whatever follows")
    func readsLaterVersions() {
        #expect(TraceContext("cc-\(Self.trace)-\(Self.parent)-01-what-is-new") != nil)
        #expect(TraceContext("cc-\(Self.trace)-\(Self.parent)-01") != nil)
        #expect(TraceContext("cc-\(Self.trace)-\(Self.parent)-01what-is-new") == nil)
    }

    @Test(
        "What is not well-formed is no context",
        arguments: [
            "", "00", "00-\(trace)-\(parent)", "00-\(trace)-\(parent)-0",
            "ff-\(trace)-\(parent)-01",
            "00-\(trace)-\(parent)-01-more", "00-\(trace.uppercased())-\(parent)-01",
            "00-00000000000000000000000000000000-\(parent)-01", "00-\(trace)-0000000000000000-01",
            "00_\(trace)-\(parent)-01", "00-\(trace)-\(parent)-0g", "0é\(trace)-\(parent)-01",
        ]
    )
    func refuses(text: String) {
        #expect(TraceContext(text) == nil)
    }
}
