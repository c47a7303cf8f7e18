import Engine
import Images
import Locking
import MMInterleaved
import ModelTestSupport
import Scheduling
import TestSupport
import Testing
import Tokenization

private let vocabulary = TinyModel.configuration.vocabulary
private let longest = TinyModel.configuration.language.maximumPositionCount
private let goesOn = [vocabulary.endOfSequence: Float(-60), vocabulary.beginOfImage: Float(-60)]

/// A request that is as large as may be, or larger, in some of its numbers.
private func extremeRequest(_ random: inout SeededRandom) throws -> InterleaveRequest {
    func choose<Value>(_ values: Value...) -> Value {
        values[Int.random(in: 0..<values.count, using: &random)]
    }
    var request = RequestRunner.request()
    request.input = []
    for _ in 0..<Int.random(in: 1...4, using: &random) {
        switch Int.random(in: 0...3, using: &random) {
        case 0: request.input.append(.text(""))
        case 1: request.input.append(.image(try RequestRunner.picture(seed: choose(1, 2, 3))))
        default:
            let words = String(repeating: choose("dog ", "a ", " "), count: choose(1, 17, 31, 46))
            request.input.append(.text(words))
        }
    }
    request.mode = choose(.text, .image, .interleave)
    request.force = request.mode == .interleave ? choose(nil, .text, .image) : nil
    request.maximumSegmentCount = choose(1, 2, 7, 1000)
    request.seed = UInt64.random(in: 0...UInt64.max, using: &random)
    request.text.maximumTokenCount = choose(0, 1, 15, 16, 17, longest, 1 << 20)
    request.text.minimumTokenCount = choose(0, 0, 5, 1 << 20)
    request.text.temperature = choose(0, .leastNonzeroMagnitude, 1, 10)
    request.text.topP = choose(0, 0.5, 1)
    request.text.topK = choose(0, 1, 50, 4_000_000)
    request.text.minP = choose(0, 1)
    request.text.repetitionPenalty = choose(0.01, 1, 100)
    request.text.lengthPenalty = choose(-10, 0, 10)
    request.text.beamCount = choose(1, 1, 2, 8)
    request.text.sequenceCount = request.mode == .text ? choose(1, 1, 2, 8) : 1
    request.text.stop = choose([], ["a"], ["dog dog", "cat"], ["\u{fffd}"])
    request.text.logProbabilityCount = request.text.beamCount == 1 ? choose(nil, 0, 20, 1000) : nil
    request.picture.stepCount = choose(1, 2, 3)
    request.picture.count = choose(1, 2, 8)
    request.picture.guidanceScale = choose(0, 1, 100, 1e38)
    request.picture.previewInterval = choose(0, 1, 1000)
    request.priority = choose(.low, .normal, .high)
    if choose(false, false, true) {
        request.timeout = .microseconds(Int.random(in: 0...20_000, using: &random))
    }
    return request
}

@Suite("Hostile requests")
struct HostileRequestTests {
    private func expectIdle(_ engine: Engine, _ note: String = "") {
        engine.waitUntilIdle(limit: .seconds(60))
        let snapshot = engine.snapshot(engine.metrics)
        #expect(snapshot.runningCount == 0 && snapshot.waitingCount == 0, "\(note)")
        for pool in snapshot.pools { #expect(pool.usedBlockCount == 0, "\(note) \(pool.name)") }
    }

    @Test(
        "Requests at and beyond all bounds end once, and everything is free afterwards",
        arguments: [(UInt64(11), Float(0)), (12, 2), (13, 60)]
    )
    func extremes(seed: UInt64, pictureBias: Float) throws {
        var random = SeededRandom(seed: seed)
        // Pools that hardly hold one sequence: everything that may go wrong for want of memory does.
        let runner = try RequestRunner(biases: [vocabulary.beginOfImage: pictureBias]) {
            $0.keyValueByteBudget = 1
            $0.imageByteBudget = 1
            $0.scheduling.reservedBlockCount = 0
            $0.scheduling.maximumRunningCount = 7
            $0.scheduling.maximumWaitingCount = 1000
            $0.scheduling.maximumRowCount = 24
            $0.scheduling.minimumPrefillRowCount = 3
        }
        var running: [Events] = []
        for index in 0..<40 {
            let request = try extremeRequest(&random)
            do {
                let events = try runner.submit(request)
                if index % 6 == 1 { events.cancel() }
                running.append(events)
            } catch let error as EngineError {
                let refusals: [EngineError.Kind] = [
                    .contextLengthExceeded, .invalidRequest, .deadlineUnreachable,
                ]
                #expect(refusals.contains(error.kind))
            }
        }
        let allowed: Set<EngineError.Kind?> = [
            nil, .contextLengthExceeded, .invalidRequest, .cancelled, .deadlineExceeded,
            .deadlineUnreachable,
            .notFinite,
        ]
        for events in running {
            let all = events.wait()
            #expect(all.count { $0.isLast } == 1)
            #expect(allowed.contains(all.failure), "\(String(describing: all.last))")
        }
        expectIdle(runner.engine)
    }

    @Test(
        "Numbers that mean nothing are refused before anything else",
        arguments: [
            (.segmentCount, { @Sendable in $0.maximumSegmentCount = 0 }),
            (.segmentCount, { $0.maximumSegmentCount = .max }),
            (.tokenCount, { $0.text.maximumTokenCount = -1 }),
            (.tokenCount, { $0.text.maximumTokenCount = .max }),
            (.beamCount, { $0.text.beamCount = 0 }),
            (.beamCount, { $0.text.beamCount = .max }),
            (.textCount, { $0.text.sequenceCount = -1 }),
            (.pictureCount, { $0.picture.count = 0 }),
            (.pictureCount, { $0.picture.count = .max }),
        ] as [(RequestField, @Sendable (inout InterleaveRequest) -> Void)]
    )
    func nonsense(field: RequestField, change: @Sendable (inout InterleaveRequest) -> Void) throws {
        let runner = try RequestRunner()
        let error = #expect(throws: EngineError.self) {
            _ = try runner.submit(RequestRunner.request(change))
        }
        #expect(error?.kind == .invalidRequest && error?.field == field)
        expectIdle(runner.engine)
    }

    @Test(
        "More beams or texts than there is memory for are refused by their field with how many fit",
        arguments: [
            (.beamCount, { @Sendable in $0.text.beamCount = $1 }),
            (.textCount, { $0.text.sequenceCount = $1 }),
        ] as [(RequestField, @Sendable (inout InterleaveRequest, Int) -> Void)]
    )
    func tooManyBranches(
        field: RequestField,
        ask: @escaping @Sendable (inout InterleaveRequest, Int) -> Void
    ) throws {
        let runner = try RequestRunner(biases: goesOn) { $0.keyValueByteBudget = 1 }
        // Beside the block of the input there are 7: two for each text, and two for what they continue.
        for (tokenCount, fitting) in [(2, 2), (longest, 1)] {
            func events(_ count: Int) throws -> [EngineEvent] {
                try runner.events {
                    $0.text.maximumTokenCount = tokenCount
                    ask(&$0, count)
                }
            }
            let error = #expect(throws: EngineError.self) { _ = try events(fitting + 1) }
            #expect(error?.kind == .invalidRequest && error?.field == field)
            #expect(error?.detail.hasPrefix("\(fitting + 1) after this input may need ") == true)
            #expect(
                error?.detail.hasSuffix("at most \(fitting) fit") == true,
                "\(error?.detail ?? "")"
            )
            #expect(try events(fitting).failure == nil)
        }
        expectIdle(runner.engine)
    }

    @Test("More pictures at a time than there is memory for are refused, and one is always drawn")
    func tooManyDrawings() throws {
        let runner = try RequestRunner { $0.drawingByteBudget = 1 }
        func draw(_ count: Int) throws -> [EngineEvent] {
            try runner.events {
                $0.mode = .image
                $0.picture.count = count
            }
        }
        let error = #expect(throws: EngineError.self) { _ = try draw(2) }
        #expect(error?.kind == .invalidRequest && error?.field == .pictureCount)
        #expect(error?.detail == "may need 2 drawings at a time, the server has 1")
        #expect(try draw(1).failure == nil)
        expectIdle(runner.engine)
    }

    @Test(
        "More options than there is memory for are refused as such, and so many as fit are scored"
    )
    func tooManyOptions() throws {
        let runner = try RequestRunner { $0.keyValueByteBudget = 1 }
        func scores(_ count: Int) throws -> Scores {
            let answers = Answers<Result<Scores, EngineError>>()
            let options = Array(repeating: "cat", count: count)
            let request = ScoreRequest(input: [.text("a dog")], options: options)
            _ = try runner.engine.submit(request) { answers.take($0) }
            return try answers.first().get()
        }
        for count in [3, 20] {
            let error = #expect(throws: EngineError.self) { try scores(count) }
            #expect(error?.kind == .invalidRequest && error?.field == .optionCount)
            #expect(error?.detail.hasPrefix("\(count) after this input may need ") == true)
            #expect(error?.detail.hasSuffix("at most 2 fit") == true, "\(error?.detail ?? "")")
        }
        #expect(try scores(2).options.count == 2)
        expectIdle(runner.engine)
    }

    @Test("A picture whose pixels are not numbers fails alone, drawn at once or on the way")
    func pixelsNotFinite() throws {
        let runner = try RequestRunner(biases: goesOn, broken: "image_decoder.decoder.vae")
        let broken = try [0, 1].map { interval in
            try runner.submit(
                RequestRunner.request {
                    $0.mode = .image
                    $0.picture.previewInterval = interval
                    $0.picture.count = 2
                }
            )
        }
        let words = try runner.submit(RequestRunner.request())
        for events in broken { #expect(events.wait().failure == .notFinite) }
        #expect(words.wait().failure == nil)
        expectIdle(runner.engine)
    }

    @Test("Words that are not numbers fail, and so do scores")
    func wordsNotFinite() throws {
        let runner = try RequestRunner(broken: "text_decoder.head")
        #expect(try runner.events { _ in }.failure == .notFinite)
        #expect(try runner.events { $0.text.beamCount = 3 }.failure == .notFinite)
        let scores = Answers<Result<Scores, EngineError>>()
        _ = try runner.engine.submit(
            ScoreRequest(input: [.text("a")], options: ["dog", "cat"])
        ) { scores.take($0) }
        #expect(throws: EngineError.self) { try scores.first().get() }
        expectIdle(runner.engine)
    }

    @Test("Image tokens among the words of an annotation are words", arguments: [1, 3])
    func imageTokensAsWords(beamCount: Int) throws {
        let biases = goesOn.merging([vocabulary.image: 200]) { $1 }
        let runner = try RequestRunner(biases: biases)
        var settings = AnnotationSettings()
        settings.text.maximumTokenCount = 5
        settings.text.beamCount = beamCount
        settings.text.temperature = 0
        settings.picture.stepCount = 1
        settings.opensPictureAfterText = true
        let annotation = Annotation(
            sentences: ["a dog"],
            images: [try RequestRunner.picture(seed: 1)],
            sentenceIndexes: [0],
            isImageFirst: [false],
            mode: .texts,
            roundCount: 4
        )
        let coming = try AnnotationRounds(annotation, settings, runner.engine)
        var isPicture: [Bool] = []
        while let round = try coming.next() {
            switch round.output {
            case .text(_, let generated):
                #expect(generated.contains(vocabulary.image))
                isPicture.append(false)
            case .pictures: isPicture.append(true)
            }
        }
        #expect(isPicture == [false, true, false, true])
        expectIdle(runner.engine)
    }

    @Test("Options that do not fit are refused by their place, those that just fit are scored")
    func optionLengths() throws {
        let runner = try RequestRunner()
        func scores(_ options: [String]) throws -> Scores {
            let answers = Answers<Result<Scores, EngineError>>()
            let request = ScoreRequest(input: [.text("a dog")], options: options)
            _ = try runner.engine.submit(request) { answers.take($0) }
            return try answers.first().get()
        }
        let word = try scores(["cat"]).options[0].tokens.count
        let prompt = try scores(["cat"]).promptTokenCount
        var fitting = "cat"
        var count = word
        let tokenizer = try TinyModel.tokenizer()
        while prompt + count < longest {
            fitting += "a"
            count = try tokenizer.encode(fitting, parsesSpecialTokens: false).count
        }
        #expect(try scores([fitting]).options[0].tokens.count == longest - prompt)
        for tooLong in [fitting + "a", String(repeating: "a", count: 3_000_000)] {
            let error = #expect(throws: EngineError.self) { try scores(["cat", tooLong]) }
            #expect(error?.kind == .contextLengthExceeded && error?.field == .option(1))
        }
        // More than are computed at a time, one of them empty.
        let many = (0..<19).map { String(repeating: "cat", count: $0) }
        let together = try scores(many)
        for (index, option) in many.enumerated() {
            #expect(try scores([option]).options[0] == together.options[index])
        }
        expectIdle(runner.engine)
    }

    @Test(
        "A request that is cancelled at any of its events ends there, and its neighbours' bytes stay"
    )
    func cancelledAnywhere() throws {
        let picture = try RequestRunner.picture(seed: 1)
        let request = RequestRunner.request {
            $0.input = [.text("a dog"), .image(picture)]
            $0.mode = .interleave
            $0.force = .text
            $0.maximumSegmentCount = 3
            $0.text.maximumTokenCount = 4
            $0.picture.previewInterval = 1
            $0.picture.count = 2
        }
        let biases = [vocabulary.beginOfImage: Float(60)]
        func answer(_ events: Events) -> [[Int]] {
            events.wait().segments.compactMap { $0.text?.choices[0].tokens }
        }
        let runner = try RequestRunner(biases: biases)
        let alone = try runner.submit(request)
        let expected = answer(alone)
        let eventCount = alone.soFar.count
        #expect(eventCount > 10)
        for place in 0..<eventCount {
            let seen = Counter()
            let ticket = Tickets()
            let cancelled = try runner.submit(request) { _ in
                if seen.next() == place { ticket.cancel() }
            }
            cancelled.ticket.withLock { if let given = $0 { ticket.attach(given) } }
            let neighbour = try runner.submit(request)
            let all = cancelled.wait()
            #expect(all.count { $0.isLast } == 1)
            if place < eventCount - 1 {
                #expect(all.failure == .cancelled || all.failure == nil)
            }
            #expect(answer(neighbour) == expected, "cancelled at event \(place)")
        }
        expectIdle(runner.engine)
    }
}
