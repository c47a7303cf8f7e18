import Foundation
import HTTPServer
import HTTPWire
import LoadGenerator
import Locking
import Logging
import Simulation
import Sockets
import Testing

/// Answers every request by the seed in its document: well, with a refusal, badly, or not at all.
private final class ScriptedDaemon: RequestHandler {
    private let activeCount = Mutex((now: 0, most: 0))
    private let queue = DispatchQueue(label: "scripted", attributes: .concurrent)

    var mostActiveCount: Int { activeCount.withLock { $0.most } }

    func admit(_ head: RequestHead, from client: SocketAddress?) -> Admission { .accept() }

    func handle(_ request: Request, _ response: ResponseWriter) {
        let body = try? JSONSerialization.jsonObject(with: Data(request.body)) as? [String: Any]
        let seed = body?["seed"] as? Int ?? -1
        activeCount.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
        // Long enough for the other clients to come.
        queue.asyncAfter(deadline: .now() + 0.02) { [self] in
            activeCount.withLock { $0.now -= 1 }
            answer(seed, response)
        }
    }

    private func answer(_ seed: Int, _ response: ResponseWriter) {
        switch seed {
        case 0:
            response.send(Response(status: .tooManyRequests, fields: ["retry-after-ms": "1"]))
        case 1:
            let error = "{\"error\":{\"code\":\"unreadable_image\"}}"
            response.send(Response(status: .unprocessableContent, body: Array(error.utf8)))
        case 2:
            start(response)
            event("error", "{\"error\":{\"code\":\"deadline_exceeded\"}}", response)
            event("message", "[DONE]", response)
            response.finish()
        case 3:
            // Gone in the middle of the answer.
            start(response)
            event("text.delta", "{}", response)
        default:
            start(response)
            for _ in 0..<3 { event("text.delta", "{}", response) }
            event("segment.done", "{\"segment\":{\"text\":\"\(seed % 2)\"}}", response)
            let completed =
                "{\"usage\":{\"completion_tokens\":5,\"output_images\":2},"
                + "\"timings\":{\"queue_ms\":12.5}}"
            event("interleave.completed", completed, response)
            event("message", "[DONE]", response)
            response.finish()
        }
    }

    private func start(_ response: ResponseWriter) {
        response.start(ResponseHead(status: .ok, fields: ["content-type": "text/event-stream"]))
    }

    private func event(_ name: String, _ data: String, _ response: ResponseWriter) {
        response.write(ServerSentEvent(event: name, data: data).encoded)
    }

    func errorResponse(
        _ status: Status,
        _ message: String,
        to head: RequestHead?,
        from client: SocketAddress?
    ) -> Response {
        Response(status: status)
    }
}

@Suite("Runs against a daemon", .serialized)
struct LoadRunTests {
    private func run(
        _ requests: [LoadRequest],
        concurrency: Int
    ) throws -> (records: [RequestRecord], duration: Duration, most: Int, ended: Int) {
        let daemon = ScriptedDaemon()
        var configuration = HTTPServer.Configuration()
        configuration.port = 0
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let server = try HTTPServer(configuration: configuration, handler: daemon, logger: logger)
        try server.start()
        defer { server.drain(limit: .milliseconds(50)) }
        let ended = Mutex(0)
        let run = LoadRun(
            requests,
            of: try Workload(Workload.Settings()),
            by: HTTPClient(try ServerAddress("http://127.0.0.1:\(try #require(server.port))")),
            timeout: .seconds(10)
        ) { progress in ended.withLock { $0 = max($0, progress.endedCount) } }
        let (records, duration) = run.run(concurrency: concurrency)
        return (records, duration, daemon.mostActiveCount, ended.withLock { $0 })
    }

    private func requests(_ count: Int) -> [LoadRequest] {
        (0..<count).map { LoadRequest(index: $0, arrival: .typical(.caption)) }
    }

    @Test("Record how every request ended, with what its stream said")
    func recordsOutcomes() throws {
        let (records, duration, _, ended) = try run(requests(6), concurrency: 2)
        #expect(records.map(\.request.index) == Array(0..<6) && ended == 6)
        #expect(records[0].outcome == .refused(status: 429))
        #expect(records[1].outcome == .failed("status 422: unreadable_image"))
        #expect(records[2].outcome == .failed("deadline_exceeded"))
        #expect(records[3].outcome == .failed("the connection ended early"))
        for record in records[4...] {
            #expect(record.outcome == .completed)
            #expect(record.tokenCount == 5 && record.pictureCount == 2)
            #expect(record.queueTime == .milliseconds(12.5))
            #expect(record.interTokenTimes.count == 2)
            let first = try #require(record.firstOutput)
            #expect(first > .zero && first <= record.latency && record.ended <= duration)
        }
        #expect(records[4].digest != nil && records[4].digest != records[5].digest)
        let report = LoadReport(records, duration, Targets())
        #expect(!report.isClean && report.failures.values.reduce(0, +) == 3)
        #expect(report.summaries.map(\.kind) == ["all", "caption"])
        #expect(report.summaries[0].completedCount == 2 && report.summaries[0].refusedCount == 1)
    }

    @Test("Keep as many requests in progress as asked for, and no more")
    func keepsConcurrency() throws {
        let (records, _, most, _) = try run(Array(requests(24)[4...]), concurrency: 4)
        #expect(records.count == 20 && records.allSatisfy(\.isCompleted))
        #expect(most == 4)
    }

    @Test("Send no request before its time")
    func waitsForTimes() throws {
        let plan = (4..<8).map { index in
            LoadRequest(
                index: index,
                arrival: .typical(.caption),
                start: .milliseconds((index - 4) * 60)
            )
        }
        let (records, _, _, _) = try run(plan, concurrency: 16)
        for record in records { #expect(record.sent >= record.request.start ?? .zero) }
        #expect(LoadReport(records, .seconds(1), Targets()).failures.isEmpty)
    }

    @Test("Say that nobody listens")
    func reportsUnreachable() throws {
        // Port 1 needs privileges that no test daemon has.
        let run = LoadRun(
            requests(1),
            of: try Workload(Workload.Settings()),
            by: HTTPClient(try ServerAddress("http://127.0.0.1:1")),
            timeout: .seconds(5)
        ) { _ in }
        let (records, _) = run.run(concurrency: 1)
        guard case .failed(let reason) = records[0].outcome else {
            Issue.record("\(records[0].outcome)")
            return
        }
        #expect(reason.contains("connect 127.0.0.1:1"))
    }
}
