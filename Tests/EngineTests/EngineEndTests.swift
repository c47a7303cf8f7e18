@testable import Engine
import Dispatch
import Locking
import MMInterleaved
import ModelTestSupport
import Scheduling
import Testing

private let vocabulary = TinyModel.configuration.vocabulary
private let goesOn = [vocabulary.endOfSequence: Float(-60), vocabulary.beginOfImage: Float(-60)]

@Suite("Ends of requests and of the engine")
struct EngineEndTests {
    /// Admits a request whose input never gets ready; returns how it ends.
    private func admitForever(
        _ engine: Engine,
        timeout: Duration?
    ) throws -> Answers<EngineError> {
        let answers = Answers<EngineError>()
        let identifier = try engine.core.admit(
            RequestBounds(promptPositionCount: 1, continuationPositionCount: 1),
            Branching(field: .textCount, count: 1),
            arrived: .now,
            timeout: timeout
        )
        engine.core.post { core in
            core.add(
                ActiveRequest(
                    identifier,
                    nil,
                    scope: CacheScope(),
                    timeout: timeout,
                    recorder: nil
                ) {
                    answers.take($0)
                }
            )
        }
        return answers
    }

    @Test("The time of a request ends while nothing is computed, the earliest first")
    func deadlineWhileIdle() throws {
        let engine = try RequestRunner().engine
        let endless = try admitForever(engine, timeout: nil)
        let late = try admitForever(engine, timeout: .seconds(1000))
        let soon = try admitForever(engine, timeout: .milliseconds(40))
        let sooner = try admitForever(engine, timeout: .milliseconds(5))
        #expect(sooner.first().kind == .deadlineExceeded)
        let error = soon.first()
        #expect(error.field == .timeout)
        #expect(
            error.description == "not done within 40 ms; its input was being read until then"
        )
        #expect(engine.status.waitingCount == 2)
        engine.core.post { $0.endAll(EngineError(.cancelled, "enough")) }
        #expect(late.first().kind == .cancelled)
        #expect(endless.first().kind == .cancelled)
    }

    @Test("A request that arrives after all were ended ends as well")
    func afterTheEnd() throws {
        let runner = try RequestRunner(biases: goesOn)
        runner.engine.core.post { $0.endAll(EngineError(.cancelled, "the end")) }
        #expect(try runner.events { _ in }.failure == .cancelled)
        #expect(try admitForever(runner.engine, timeout: nil).first().kind == .cancelled)
        #expect(runner.engine.status.waitingCount == 0)
    }

    @Test("An engine that nobody holds goes, when its last request has ended")
    func noCycles() throws {
        weak var core: EngineCore?
        weak var held: Engine?
        do {
            let runner = try RequestRunner(biases: goesOn)
            core = runner.engine.core
            held = runner.engine
            let running = try (0..<4).map { index in
                try runner.submit(
                    RequestRunner.request {
                        $0.mode = index % 2 == 0 ? .text : .image
                        $0.timeout = .seconds(600)
                    }
                )
            }
            for events in running { #expect(events.wait().failure == nil) }
        }
        // Its queue may still be about to find that there is nothing to do.
        let deadline = ContinuousClock.now + .seconds(60)
        let never = DispatchSemaphore(value: 0)
        while core != nil || held != nil, ContinuousClock.now < deadline {
            _ = never.wait(timeout: .now() + .milliseconds(1))
        }
        #expect(core == nil && held == nil)
    }

    @Test("Handlers may submit, cancel and look around")
    func handlersCallIn() throws {
        let runner = try RequestRunner(biases: goesOn)
        let second = Answers<Events>()
        let first = try runner.submit(RequestRunner.request()) { event in
            guard event.isLast else {
                _ = runner.engine.status
                _ = runner.engine.snapshot(runner.engine.metrics)
                return
            }
            do {
                let events = try runner.submit(
                    RequestRunner.request { $0.text.maximumTokenCount = 60 }
                )
                events.cancel()
                second.take(events)
            } catch {
                Issue.record(error)
            }
        }
        #expect(first.wait().failure == nil)
        #expect(second.first().wait().failure == .cancelled)
        runner.engine.waitUntilIdle(limit: .seconds(10))
        #expect(runner.engine.status.runningCount == 0)
    }

    @Test("Shutdown under load ends every request once", arguments: [0, 5, 50])
    func shutdownUnderLoad(milliseconds: Int) throws {
        let runner = try RequestRunner(biases: [vocabulary.beginOfImage: 2]) {
            $0.scheduling.maximumRunningCount = 4
        }
        let submitted = Mutex<[Events]>([])
        let submitter = DispatchGroup()
        let isBusy = Door()
        DispatchQueue.global().async(group: submitter) {
            for index in 0..<60 {
                let request = RequestRunner.request {
                    $0.mode = [.text, .image, .interleave][index % 3]
                    $0.text.maximumTokenCount = 20
                    $0.picture.stepCount = 10
                }
                // Refused once the engine drains.
                guard let events = try? runner.submit(request) else { continue }
                submitted.withLock { $0.append(events) }
                if index == 10 { isBusy.open() }
            }
        }
        isBusy.pass()
        runner.engine.drain()
        runner.engine.waitUntilIdle(limit: .milliseconds(milliseconds))
        submitter.wait()
        runner.engine.waitUntilIdle(limit: .zero)
        for events in submitted.withLock(\.self) {
            #expect(events.wait().count { $0.isLast } == 1)
        }
        let snapshot = runner.engine.snapshot(runner.engine.metrics)
        for pool in snapshot.pools { #expect(pool.usedBlockCount == 0, "\(pool.name)") }
    }
}
