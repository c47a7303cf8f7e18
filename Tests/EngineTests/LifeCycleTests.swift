import Engine
import Images
import MMInterleaved
import ModelTestSupport
import Scheduling
import Testing

private let vocabulary = TinyModel.configuration.vocabulary
private let goesOn = [vocabulary.endOfSequence: Float(-60), vocabulary.beginOfImage: Float(-60)]

@Suite("Life of a request")
struct LifeCycleTests {
    /// A request that keeps the engine busy until the door opens.
    private func occupy(_ runner: RequestRunner, _ door: Door) throws -> Events {
        let started = Door()
        let events = try runner.submit(RequestRunner.request()) { event in
            guard case .started = event else { return }
            started.open()
            door.pass()
        }
        started.pass()
        return events
    }

    @Test("Events come in order: started, each segment's from begin to end, then one last")
    func order() throws {
        let events = try RequestRunner(biases: [vocabulary.beginOfImage: 60]).events {
            $0.mode = .interleave
            $0.maximumSegmentCount = 4
            $0.text.minimumTokenCount = 3
            $0.picture.count = 2
            $0.picture.previewInterval = 1
        }
        #expect(events.count { $0.isLast } == 1)
        #expect(events.last?.isLast == true)
        guard case .started = events.first else {
            Issue.record("does not begin with started")
            return
        }
        var open: (index: Int, kind: SegmentKind)?
        var steps: [Int] = []
        for event in events.dropFirst().dropLast() {
            switch event {
            case .segmentStarted(let index, let kind):
                #expect(open == nil)
                open = (index, kind)
                steps = []
            case .textDelta(let index, _, _, _):
                #expect(open?.index == index && open?.kind == .text)
            case .imageProgress(let index, let picture, let step, let stepCount, let rest):
                #expect(open?.index == index && open?.kind == .image)
                #expect(stepCount == 2)
                #expect((rest == .zero) == (step == stepCount))
                steps.append(picture * stepCount + step)
            case .imagePartial(let index, _, let step, let image):
                #expect(open?.index == index)
                #expect(step == 1 && image.width == 16)
            case .segmentDone(let segment):
                #expect(open?.index == segment.index)
                // Two pictures side by side, two steps each.
                if open?.kind == .image { #expect(steps == [1, 3, 2, 4]) }
                open = nil
            case .started, .completed, .failed:
                Issue.record("\(event) in the middle")
            }
        }
        #expect(open == nil)
    }

    @Test("A full queue refuses with the time after which to try again")
    func queueFull() throws {
        let runner = try RequestRunner(biases: goesOn) {
            $0.scheduling.maximumRunningCount = 1
            $0.scheduling.maximumWaitingCount = 2
        }
        let door = Door()
        // A test that fails in between must not leave the engine waiting.
        defer { door.open() }
        let running = try occupy(runner, door)
        let waiting = try (0..<2).map { _ in try runner.submit(RequestRunner.request()) }
        #expect(runner.engine.status.waitingCount == 2)
        let error = #expect(throws: EngineError.self) {
            _ = try runner.submit(RequestRunner.request())
        }
        #expect(error?.kind == .queueFull)
        #expect((error?.retryAfter ?? .zero) >= .seconds(1))
        door.open()
        for events in [running] + waiting { #expect(events.wait().failure == nil) }
        #expect(try runner.events { _ in }.failure == nil)
    }

    @Test("A waiting request that is cancelled is never started, and the others are not touched")
    func cancelWaiting() throws {
        let runner = try RequestRunner(biases: goesOn)
        let door = Door()
        // A test that fails in between must not leave the engine waiting.
        defer { door.open() }
        let running = try occupy(runner, door)
        let waiting = try runner.submit(RequestRunner.request())
        waiting.cancel()
        door.open()
        let events = waiting.wait()
        #expect(events.failure == .cancelled)
        #expect(events.count == 1)
        #expect(running.wait().failure == nil)
    }

    @Test("A running request stops at the next token when it is cancelled")
    func cancelRunning() throws {
        let runner = try RequestRunner(biases: goesOn)
        let arrived = Door()
        let door = Door()
        defer { door.open() }
        let request = RequestRunner.request { $0.text.maximumTokenCount = 60 }
        let events = try runner.submit(request) { event in
            guard case .textDelta = event else { return }
            arrived.open()
            door.pass()
        }
        arrived.pass()
        events.cancel()
        door.open()
        let all = events.wait()
        #expect(all.failure == .cancelled)
        #expect(all.segments.isEmpty)
        #expect(all.count { if case .textDelta = $0 { true } else { false } } == 1)
    }

    @Test("A drawing stops at the next step when it is cancelled")
    func cancelDrawing() throws {
        let runner = try RequestRunner()
        let arrived = Door()
        let door = Door()
        defer { door.open() }
        let request = RequestRunner.request {
            $0.mode = .image
            $0.picture.stepCount = 500
        }
        let events = try runner.submit(request) { event in
            guard case .imageProgress(_, _, 1, _, _) = event else { return }
            arrived.open()
            door.pass()
        }
        arrived.pass()
        events.cancel()
        door.open()
        let all = events.wait()
        #expect(all.failure == .cancelled)
        #expect(all.count { if case .imageProgress = $0 { true } else { false } } == 1)
    }

    @Test("Cancelling after the end changes nothing")
    func cancelLate() throws {
        let runner = try RequestRunner(biases: goesOn)
        let events = try runner.submit(RequestRunner.request())
        let before = events.wait().count
        events.cancel()
        #expect(events.soFar.count == before)
        #expect(events.soFar.failure == nil)
    }

    @Test("A request whose time is over ends, running or waiting")
    func deadline() throws {
        let runner = try RequestRunner(biases: goesOn)
        let door = Door()
        // A test that fails in between must not leave the engine waiting.
        defer { door.open() }
        let running = try occupy(runner, door)
        let waiting = try runner.submit(RequestRunner.request { $0.timeout = .zero })
        door.open()
        #expect(waiting.wait().failure == .deadlineExceeded)
        #expect(running.wait().failure == nil)
        let drawing = try runner.events {
            $0.mode = .image
            $0.picture.stepCount = 1000
            $0.timeout = .milliseconds(20)
        }
        #expect(drawing.failure == .deadlineExceeded)
    }

    @Test("A draining engine finishes what it has and takes nothing new")
    func drain() throws {
        let runner = try RequestRunner(biases: goesOn)
        let door = Door()
        // A test that fails in between must not leave the engine waiting.
        defer { door.open() }
        let running = try occupy(runner, door)
        let waiting = try runner.submit(RequestRunner.request())
        runner.engine.drain()
        #expect(runner.engine.status.isDraining)
        let error = #expect(throws: EngineError.self) {
            _ = try runner.submit(RequestRunner.request())
        }
        #expect(error?.kind == .draining)
        door.open()
        runner.engine.waitUntilIdle(limit: .seconds(60))
        #expect(running.soFar.failure == nil && running.soFar.last?.isLast == true)
        #expect(waiting.soFar.failure == nil && waiting.soFar.last?.isLast == true)
        #expect(runner.engine.status.runningCount == 0 && runner.engine.status.waitingCount == 0)
    }

    @Test("What is not done when the drain's limit is over is cancelled")
    func drainLimit() throws {
        let runner = try RequestRunner()
        let request = RequestRunner.request {
            $0.mode = .image
            $0.picture.stepCount = 1000
        }
        let events = try runner.submit(request)
        runner.engine.drain()
        runner.engine.waitUntilIdle(limit: .milliseconds(10))
        #expect(events.soFar.failure == .cancelled)
    }

    @Test("Usage and timings tell what was done")
    func usage() throws {
        let picture = try RequestRunner.picture(seed: 1)
        let (_, completion) = try RequestRunner(biases: goesOn).answer {
            $0.input = [.text("a dog"), .image(picture)]
        }
        let usage = completion.usage
        #expect(usage.inputImageCount == 1 && usage.encodedImageCount == 1)
        // begin, "a", "dog", begin of image, two image tokens at least.
        #expect(usage.promptTokenCount >= 6)
        #expect(usage.computedTokenCount == usage.promptTokenCount + 7)
        let timings = completion.timings
        let parts = [
            timings.queued, timings.decoded, timings.encoded, timings.prefilled, timings.generated,
        ]
        #expect(!parts.contains { $0 < .zero })
        #expect(parts.reduce(.zero, +) <= timings.total)
    }
}
