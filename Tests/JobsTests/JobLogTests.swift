import Jobs
import TestSupport
import Testing

@Suite("The log of a job")
struct JobLogTests {
    private let test = TestStore()

    private func write(_ text: String, to job: Job) {
        _ = test.store.append(.init(name: "e", data: Array(text.utf8)), to: job)
    }

    private func texts(_ events: ArraySlice<JobLog.Event>) -> [String] {
        events.map { String(decoding: $0.data, as: UTF8.self) }
    }

    @Test("Tells its events from any place on, as many as wanted")
    func tellsEvents() throws {
        let job = try test.addNew(.test("a"))
        #expect(try test.next() === job)
        for text in ["0", "1", "2", "3"] { write(text, to: job) }
        #expect(texts(job.log.events(from: 0)) == ["0", "1", "2", "3"])
        #expect(texts(job.log.events(from: 2)) == ["2", "3"])
        #expect(texts(job.log.events(from: 1, upTo: 3)) == ["1", "2"], "the second makes it more")
        #expect(job.log.events(from: 4).isEmpty && job.log.events(from: .max).isEmpty)
    }

    @Test("Wakes who follows, for events and for the end, and nobody who does not any more")
    func wakes() throws {
        let job = try test.addNew(.test("a"))
        #expect(try test.next() === job)
        let (first, second) = (TestEvents<Void>(), TestEvents<Void>())
        let follower = job.log.follow { first.send(()) }
        _ = job.log.follow { second.send(()) }
        write("0", to: job)
        try first.next()
        try second.next()
        job.log.unfollow(follower)
        try test.end(job)
        try second.next()
        #expect(first.count == 0)
        #expect(job.log.extent == (1, true))
        write("1", to: job)
        #expect(job.log.extent.count == 1, "nothing follows the end")
    }

    @Test("Places are an epoch and a number, or a number of the first epoch")
    func readsPlaces() {
        #expect(EventPlace("2.17") == EventPlace(epoch: 2, number: 17))
        #expect(EventPlace("17") == EventPlace(epoch: 1, number: 17))
        #expect(EventPlace(epoch: 3, number: 0).description == "3.0")
        for text in [
            "", ".", "1.", ".1", "0.1", "-1", "+1", "1.+1", "1.2.3", " 1", "1e3", "a",
            "9999999999999999999", "1.9999999999999999999",
        ] {
            #expect(EventPlace(text) == nil, "\(text)")
        }
    }
}
