import Engine
import Images
import MMInterleaved
import ModelTestSupport
import Testing

private let vocabulary = TinyModel.configuration.vocabulary
private let goesOn = [vocabulary.endOfSequence: Float(-60), vocabulary.beginOfImage: Float(-60)]

@Suite("Preparation of inputs")
struct PreparationTests {
    private func file(side: Int) throws -> [UInt8] {
        let pixels = [UInt8](repeating: 7, count: side * side * 3)
        return try ImageFileEncoder.encodePNG(RGBImage(width: side, height: side, pixels: pixels))
    }

    private func inputByteCount(_ engine: Engine) -> Int? {
        engine.snapshot(engine.metrics).pools.first { $0.name == "input_bytes" }?.usedBlockCount
    }

    @Test("The bytes of an input are given back when it is prepared, not when the answer ends")
    func givesBackInput() throws {
        let runner = try RequestRunner(biases: goesOn)
        let started = Door()
        let door = Door()
        let picture = try file(side: 20)
        let request = RequestRunner.request { $0.input = [.image(picture), .text("a dog")] }
        let events = try runner.submit(request) { event in
            guard case .started = event else { return }
            started.open()
            door.pass()
        }
        started.pass()
        #expect(inputByteCount(runner.engine) == 0)
        door.open()
        #expect(events.wait().failure == nil)
        #expect(inputByteCount(runner.engine) == 0)
    }

    @Test("Pixels of all pictures of a request are bounded, and the error names the one too many")
    func boundsPixels() throws {
        let runner = try RequestRunner(biases: goesOn) {
            $0.maximumPixelCount = 500
            $0.maximumRequestPixelCount = 800
        }
        let small = try file(side: 20)
        #expect(
            try runner.events { $0.input = [.image(small), .text("a"), .image(small)] }.failure
                == nil
        )
        do {
            _ = try runner.answer { $0.input = Array(repeating: .image(small), count: 3) }
            Issue.record("it was answered")
        } catch let error as EngineError {
            #expect(error.kind == .unreadableImage)
            #expect(error.field == .inputPicture(part: 2))
            #expect(error.detail.contains("1200 pixels together, at most 800"))
        }
    }

    @Test("Large pictures are decoded to the same answer as small work is")
    func largeLane() throws {
        let runner = try RequestRunner(biases: goesOn)
        let large = try file(side: 1100)
        let answer = try runner.answer { $0.input = [.image(large), .text("a dog")] }
        let picture = try file(side: 8)
        let small = try runner.answer { $0.input = [.image(picture), .text("a dog")] }
        #expect(answer.completion.usage.inputImageCount == 1)
        #expect(answer.completion.timings.decoded > .zero)
        // A picture of one colour is the same in every size.
        guard case .text(let one)? = answer.segments.first,
            case .text(let other)? = small.segments.first
        else {
            Issue.record("no texts")
            return
        }
        #expect(one.choices[0].tokens == other.choices[0].tokens)
    }

    @Test("Time counts from the arrival: of the deadline and of the whole")
    func countsFromArrival() throws {
        let runner = try RequestRunner(biases: goesOn)
        let arrived = ContinuousClock.now - .seconds(5)
        let completion = try runner.answer { $0.arrived = arrived }.completion
        #expect(completion.timings.total > .seconds(5))
        #expect(completion.timings.queued > .seconds(5))
        let events = try runner.events {
            $0.arrived = arrived
            $0.timeout = .seconds(5)
        }
        #expect(events.failure == .deadlineExceeded)
    }

    @Test("A request that ends while its pictures are being decoded lets go of them")
    func cancelsDecoding() throws {
        let runner = try RequestRunner(biases: goesOn)
        let large = try file(side: 1500)
        let requests = try (0..<3).map { _ in
            try runner.submit(
                RequestRunner.request { $0.input = Array(repeating: .image(large), count: 3) }
            )
        }
        for events in requests { events.cancel() }
        for events in requests { #expect(events.wait().failure == .cancelled) }
        #expect(inputByteCount(runner.engine) == 0)
        #expect(try runner.events { _ in }.failure == nil)
    }
}
