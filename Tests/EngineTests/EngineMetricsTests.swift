@testable import Engine
import Locking
import Scheduling
import Testing

@Suite("Metrics of the engine")
struct EngineMetricsTests {
    private func recorder(
        _ metrics: EngineMetrics,
        _ name: String = "a",
        _ kind: RequestMode = .interleave
    ) -> RequestRecorder {
        metrics.makeRecorder(
            identifier: name,
            clientIdentifier: "client-\(name)",
            kind: kind,
            priority: .high
        )
    }

    private func completion(_ usage: Usage = Usage()) -> EngineEvent {
        .completed(Completion(finishReason: .stop, usage: usage, timings: Timings()))
    }

    @Test("A request is seen where it is, from its admission to its end")
    func followsRequest() throws {
        let metrics = EngineMetrics()
        let recorder = recorder(metrics)
        func place() throws -> RequestPlace { try #require(metrics.liveRequests.first).place }
        #expect(metrics.liveRequests.isEmpty)
        try recorder.submit { () throws(EngineError) in }
        #expect(try place() == .waiting)
        recorder.observe(.started)
        #expect(try place() == .language)
        recorder.move(to: .encode)
        #expect(try place() == .encode)
        recorder.move(to: .language)
        recorder.observe(.segmentStarted(index: 0, kind: .text))
        #expect(try place() == .language)
        recorder.observe(.segmentStarted(index: 1, kind: .image))
        #expect(try place() == .language)
        recorder.move(to: .denoise)
        recorder.observe(
            .imageProgress(index: 1, picture: 0, step: 1, stepCount: 2, rest: .seconds(1))
        )
        #expect(try place() == .denoise)
        recorder.positions(computed: 3, total: 5)
        let seen = try #require(metrics.liveRequests.first)
        #expect(seen.identifier == "a" && seen.clientIdentifier == "client-a")
        #expect(seen.kind == .interleave && seen.priority == .high)
        #expect(seen.computedPositionCount == 3 && seen.positionCount == 5)
        #expect(seen.drawings == [EngineSnapshot.Drawing(step: 1, stepCount: 2)])
        recorder.observe(.imageProgress(index: 1, picture: 0, step: 2, stepCount: 2, rest: .zero))
        recorder.move(to: .render)
        #expect(try place() == .render)
        recorder.observe(completion())
        #expect(metrics.liveRequests.isEmpty)
    }

    @Test("What was admitted is completed, failed or cancelled once, whatever comes afterwards")
    func countsEndsOnce() throws {
        let metrics = EngineMetrics()
        for index in 0..<6 {
            let recorder = recorder(metrics, "\(index)")
            try recorder.submit { () throws(EngineError) in }
            if index > 0 { recorder.observe(.started) }
            switch index {
            case 0: recorder.observe(.failed(EngineError(.cancelled, "")))
            case 1: recorder.observe(.failed(EngineError(.deadlineExceeded, "")))
            case 2:
                recorder.move(to: .denoise)
                recorder.observe(.failed(EngineError(.cancelled, "")))
            default: recorder.observe(completion())
            }
            recorder.observe(completion())
            recorder.observe(.failed(EngineError(.internalFailure, "")))
        }
        let found = metrics.snapshot()
        #expect(found.admittedCounts == [.interleave: 6])
        #expect(found.completedCounts == [.interleave: 3])
        #expect(found.cancelledCounts == [.waiting: 1, .denoise: 1])
        #expect(found.failedCounts == [.deadlineExceeded: 1])
        #expect(found.requestTimes[.interleave]?.count == 3)
        #expect(found.queueTimes.count == 5)
    }

    @Test("An event that comes before the submission returns counts the admission, once")
    func admitsEarly() throws {
        let metrics = EngineMetrics()
        let recorder = recorder(metrics)
        try recorder.submit { () throws(EngineError) in
            recorder.observe(.started)
            recorder.observe(completion())
        }
        #expect(metrics.snapshot().admittedCounts == [.interleave: 1])
        #expect(metrics.liveRequests.isEmpty)
    }

    @Test("A refused request is counted by its reason and not admitted")
    func countsRejections() {
        let metrics = EngineMetrics()
        for kind in [EngineError.Kind.queueFull, .draining, .queueFull, .invalidRequest] {
            #expect(throws: EngineError.self) {
                try recorder(metrics).submit { () throws(EngineError) in
                    throw EngineError(kind, "")
                }
            }
        }
        let found = metrics.snapshot()
        #expect(found.rejectedCounts == [.queueFull: 2, .draining: 1, .tooLarge: 1])
        #expect(found.admittedCounts.isEmpty && metrics.liveRequests.isEmpty)
    }

    @Test("Times between words are taken within a segment, the first words once per request")
    func measuresWords() throws {
        let metrics = EngineMetrics()
        let recorder = recorder(metrics)
        try recorder.submit { () throws(EngineError) in }
        for index in [0, 0, 0, 2, 2] { recorder.observe(.textDelta(index: index, text: "a")) }
        #expect(metrics.snapshot().firstTokenTimes.count == 1)
        #expect(metrics.snapshot().interTokenTimes.count == 3)
    }

    @Test("Work is added up over requests")
    func addsWork() throws {
        let metrics = EngineMetrics()
        var usage = Usage()
        usage.promptTokenCount = 10
        usage.cachedTokenCount = 4
        usage.completionTokenCount = 3
        usage.encodedImageCount = 2
        usage.outputImageCount = 1
        usage.stepCount = 30
        for name in ["a", "b"] { recorder(metrics, name).observe(completion(usage)) }
        let found = metrics.snapshot()
        #expect(found.promptTokenCount == 20 && found.cachedTokenCount == 8)
        #expect(found.generatedTokenCount == 6 && found.denoisingStepCount == 60)
        #expect(found.encodedImageCount == 4 && found.drawnImageCount == 2)
    }

    @Test("Only the last batches are kept, all are counted")
    func keepsRecentSteps() {
        let metrics = EngineMetrics()
        let count = EngineMetrics.recentStepCount + 5
        for index in 0..<count {
            metrics.stepCompleted(
                stage: .language,
                itemCount: index,
                duration: .milliseconds(index)
            )
        }
        let found = metrics.snapshot()
        #expect(found.recentSteps.map(\.itemCount) == Array(5..<count))
        #expect(found.stages[.language]?.durations.count == count)
        #expect(found.stages[.language]?.batchSizes.sum == Double(count * (count - 1) / 2))
        #expect(found.stages[.render] == nil)
    }

    @Test("Nothing is lost when many threads record at once")
    func countsFromThreads() async {
        let metrics = EngineMetrics()
        await withTaskGroup { group in
            for task in 0..<8 {
                group.addTask {
                    for index in 0..<200 {
                        let recorder = metrics.makeRecorder(
                            identifier: "\(task)-\(index)",
                            clientIdentifier: "",
                            kind: .text,
                            priority: .normal
                        )
                        recorder.observe(.started)
                        metrics.stepCompleted(stage: .encode, itemCount: 1, duration: .zero)
                        recorder.observe(.failed(EngineError(.cancelled, "")))
                    }
                }
            }
        }
        let found = metrics.snapshot()
        #expect(found.admittedCounts == [.text: 1600] && found.cancelledCounts == [.language: 1600])
        #expect(found.stages[.encode]?.durations.count == 1600)
        #expect(metrics.liveRequests.isEmpty)
    }
}
