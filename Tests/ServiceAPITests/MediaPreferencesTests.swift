import HTTPWire
import Testing

@testable import ServiceAPI

@Suite("Accept fields")
struct MediaPreferencesTests {
    private func prefersEvents(_ values: String...) -> Bool {
        var fields = HeaderFields()
        for value in values { fields.append("Accept", value) }
        return MediaPreferences(fields).prefersEventStream
    }

    @Test(
        "Events are sent to who likes them better",
        arguments: [
            "text/event-stream", "TEXT/Event-Stream", "text/*", "text/event-stream;charset=utf-8",
            "application/json;q=0.5, text/event-stream;q=0.9", "text/event-stream, */*;q=0.1",
            "text/event-stream, application/json;q=0", "application/json;q=0.999,text/event-stream",
            "application/*;q=0.2, text/event-stream;q=0.3", "*/*;q=0.1, text/event-stream;q=0.101",
            "text/event-stream;q=1.000, application/json;q=0.9", "text/event-stream ; q=0.2",
            "text/plain;a=\"x, application/json\", text/event-stream", "application/json;q=0, */*",
        ]
    )
    func choosesEvents(_ value: String) {
        #expect(prefersEvents(value))
    }

    @Test(
        "A document is sent to who likes it better, or both the same",
        arguments: [
            "", "*/*", "application/json", "application/json, text/event-stream;q=0",
            "application/json, text/event-stream", "text/event-stream, application/json",
            "text/event-stream;q=0", "text/event-stream;q=0.0", "text/event-stream;q=0, */*",
            "application/json, text/*;q=0.5", "text/event-stream;q=0.5, */*", "image/png",
            "text/event-stream;q=0.5, application/json;q=0.5", "text/*, application/*",
            "text/*;q=0.9, text/event-stream;q=0.1, application/json;q=0.2",
            "text/event-stream;q=2", "text/event-stream;q=0.1234", "text/event-stream;q=",
            "text/event-stream;q=-1", "text/event-stream;q=1.001", "text/event-streams",
            "event-stream",
            "\"text/event-stream\"", "text/plain;a=\",text/event-stream,\"",
        ]
    )
    func choosesDocument(_ value: String) {
        #expect(!prefersEvents(value))
    }

    @Test("Several fields are one list, and the best of equal ranges counts")
    func joinsFields() {
        #expect(prefersEvents("application/json;q=0.3", "text/event-stream;q=0.4"))
        #expect(!prefersEvents("text/event-stream;q=0.4", "application/json"))
        #expect(prefersEvents("text/event-stream;q=0.1, text/event-stream;q=0.9", "*/*;q=0.5"))
        #expect(!prefersEvents())
    }
}
