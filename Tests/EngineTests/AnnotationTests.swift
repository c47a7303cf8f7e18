import Engine
import Images
import MMInterleaved
import ModelTestSupport
import Tensors
import Testing

private let vocabulary = TinyModel.configuration.vocabulary
private let goesOn = [vocabulary.endOfSequence: Float(-60), vocabulary.beginOfImage: Float(-60)]

@Suite("Annotation sequence")
struct AnnotationSequenceTests {
    private let base = [1, 5, 320, 321, 321, 7]
    private let images = [320, 321, 321]

    private func append(
        _ generated: [Int],
        opensPicture: Bool = false
    ) -> (added: [Int], outcome: AnnotationSequence.Outcome, imageCount: Int) {
        var sequence = AnnotationSequence(tokens: base, vocabulary: vocabulary, imageTokenCount: 2)
        let outcome = sequence.append(generated: generated, opensPicture: opensPicture)
        #expect(Array(sequence.tokens.prefix(6)) == base)
        return (Array(sequence.tokens.dropFirst(6)), outcome, sequence.imageCount)
    }

    @Test("The end of a text is left out, its words stay")
    func end() {
        let (added, outcome, count) = append([1, 10, 11, 2])
        #expect(added == [10, 11])
        #expect(outcome.isStopped && !outcome.opensPicture)
        #expect(count == 1)
    }

    @Test("A begin-of-image token makes place for a picture")
    func picture() {
        let (added, outcome, count) = append([1, 10, 320])
        #expect(added == [10] + images)
        #expect(outcome.opensPicture && !outcome.isStopped)
        #expect(count == 2)
    }

    @Test("A forced picture follows a text that ended, and one that did not")
    func forced() {
        #expect(append([1, 10, 2], opensPicture: true).added == [10] + images)
        #expect(append([1, 10], opensPicture: true).added == [10] + images)
        #expect(append([1, 10, 320], opensPicture: true).added == [10] + images)
    }

    @Test("A text without words adds nothing but a forced picture")
    func empty() {
        #expect(append([1, 2]).added == [])
        #expect(append([1, 2]).outcome.isStopped)
        #expect(append([1]).added == [])
        #expect(append([1, 2], opensPicture: true).added == images)
    }
}

@Suite("Annotation rounds")
struct AnnotationRoundsTests {
    private func annotation(mode: Annotation.Mode, rounds: Int) throws -> Annotation {
        Annotation(
            sentences: ["a dog", "a cat"],
            images: [try RequestRunner.picture(seed: 1)],
            sentenceIndexes: [0],
            isImageFirst: [false],
            mode: mode,
            roundCount: rounds
        )
    }

    private func rounds(
        _ annotation: Annotation,
        biases: [Int: Float] = goesOn,
        _ change: (inout AnnotationSettings) -> Void = { _ in }
    ) throws -> [AnnotationRound] {
        var settings = AnnotationSettings()
        settings.text.maximumTokenCount = 4
        settings.picture.stepCount = 2
        change(&settings)
        let coming = try AnnotationRounds(
            annotation,
            settings,
            RequestRunner(biases: biases).engine
        )
        var rounds: [AnnotationRound] = []
        while let round = try coming.next() { rounds.append(round) }
        return rounds
    }

    private func picture(_ round: AnnotationRound) -> RGBImage? {
        if case .pictures(let pictures, _) = round.output { pictures.first?.image } else { nil }
    }

    @Test("Forced pictures alternate with texts, each round going on from the one before")
    func alternates() throws {
        let rounds = try rounds(annotation(mode: .texts, rounds: 4)) {
            $0.opensPictureAfterText = true
        }
        #expect(rounds.map { picture($0) != nil } == [false, true, false, true])
        #expect(rounds.map(\.opensPicture) == [true, false, true, false])
        for (round, next) in zip(rounds, rounds.dropFirst()) {
            #expect(next.promptTokens == round.nextTokens)
        }
    }

    @Test("Without force and without the model opening one, there are texts only")
    func textsOnly() throws {
        let rounds = try rounds(annotation(mode: .texts, rounds: 3))
        #expect(rounds.map { picture($0) == nil } == [true, true, true])
        #expect(rounds[2].promptTokens.count == rounds[0].promptTokens.count + 8)
    }

    @Test("Rounds equal those of a prompt that had all before them from the start")
    func cacheEqualsRecomputation() throws {
        let annotation = try annotation(mode: .texts, rounds: 4)
        let rounds = try rounds(annotation) {
            $0.text.temperature = 0
            $0.opensPictureAfterText = true
        }
        guard case .pictures(_, let drawn) = rounds[1].output,
            case .text(_, let generated) = rounds[2].output
        else {
            Issue.record("other rounds")
            return
        }
        let model = try TinyModel.make(biases: goesOn)
        let compute = Compute(workerCount: 1)
        let given = ImageTransform(resolution: 8).apply(
            to: try ImageFileDecoder.decode(annotation.images[0])
        )
        let features = [given, drawn].map { image in
            let values = image.pixels.map { Float($0) / 255 }
            return model.encode([Matrix(rows: 64, columns: 3, values: values)], compute)[0]
        }
        // The third round's words.
        let sequence = sequence(rounds[2].promptTokens, features, model, compute)
        #expect(sequence.computedCount == rounds[2].promptTokens.count)
        let row = Matrix(rows: 1, columns: vocabulary.size)
        for token in generated.dropFirst() {
            model.language.logits(after: [sequence], compute, into: row)
            #expect(LogitsProcessing.mostLikely(row.toArray()) == token)
            model.language.extend(sequence, with: [.token(token)], compute)
        }
        // The fourth round's picture.
        let decoder = model.imageDecoder
        let place = try #require(rounds[3].promptTokens.lastIndex(of: vocabulary.beginOfImage))
        let context = self.sequence(
            Array(rounds[3].promptTokens[...place]),
            features,
            model,
            compute
        )
        let tokens = decoder.conditioningTokens(
            of: model.language.hidden(of: context, count: place + 1),
            compute
        )
        var parameters = PictureParameters()
        parameters.stepCount = 2
        let drawing = try Drawing(
            decoder,
            conditioning: decoder.unet.conditioning(of: tokens, compute),
            source: decoder.unet.source(of: features[1].pyramid, compute),
            parameters: parameters,
            schedulerConfiguration: model.configuration.imageDecoder.scheduler,
            seed: AnnotationSettings().seed
        )
        while !drawing.isFinished { drawing.step(compute) }
        let pixels = Matrix(rows: 256, columns: 3)
        decoder.render([drawing.latents], compute, into: [pixels])
        let actual = try #require(picture(rounds[3])).pixels
        for (actual, expected) in zip(actual, pixels.toArray()) {
            // Half a level of rounding, and what another order of sums may change.
            #expect(abs(Float(actual) - expected * 255) < 0.6)
        }
    }

    /// Positions of a prompt, computed at once.
    private func sequence(
        _ tokens: [Int],
        _ features: [EncodedImage],
        _ model: InterleavedModel,
        _ compute: Compute
    ) -> LanguageSequence {
        var remaining = features[...]
        var elements: [SequenceElement] = []
        var index = 0
        while index < tokens.count {
            if tokens[index] == vocabulary.image, let next = remaining.popFirst() {
                elements.append(.image(next))
                index += next.tokens.rows
            } else {
                elements.append(.token(tokens[index]))
                index += 1
            }
        }
        let sequence = model.language.makeSequence()
        model.language.extend(sequence, with: elements, compute)
        return sequence
    }

    @Test("The prompt's last picture is drawn anew, whatever file holds its place")
    func drawsAnew() throws {
        var first = try annotation(mode: .pictures, rounds: 2)
        var second = first
        second.images = [try RequestRunner.picture(seed: 2)]
        let (a, b) = (try rounds(first), try rounds(second))
        #expect(picture(a[0]) != nil && picture(a[0]) == picture(b[0]))
        guard case .text(let textA, _) = a[1].output, case .text(let textB, _) = b[1].output else {
            Issue.record("no text after the picture")
            return
        }
        #expect(textA == textB)
        // Another picture before it does matter.
        first.sentenceIndexes = [0, 1]
        first.isImageFirst = [false, false]
        second = first
        first.images = [try RequestRunner.picture(seed: 1), try RequestRunner.picture(seed: 3)]
        second.images = [try RequestRunner.picture(seed: 2), try RequestRunner.picture(seed: 3)]
        #expect(try picture(rounds(first)[0]) != picture(rounds(second)[0]))
    }

    @Test("The last round can be the one that the model ended")
    func endsWhenStopped() throws {
        let ends = [vocabulary.endOfSequence: Float(60)]
        let annotation = try annotation(mode: .texts, rounds: 5)
        #expect(try rounds(annotation, biases: ends) { $0.endsWhenStopped = true }.count == 1)
        #expect(try rounds(annotation, biases: ends).count == 5)
    }

    @Test(
        "Several pictures of a round have the seeds that follow; every round starts from the first"
    )
    func seeds() throws {
        let rounds = try rounds(annotation(mode: .texts, rounds: 4)) {
            $0.opensPictureAfterText = true
            $0.picture.count = 2
            $0.seed = 9
        }
        for round in [rounds[1], rounds[3]] {
            guard case .pictures(let pictures, _) = round.output else {
                Issue.record("no pictures")
                return
            }
            #expect(pictures.map(\.seed) == [9, 10])
        }
    }

    @Test("Pictures and places that do not fit together are refused")
    func refused() throws {
        let valid = try annotation(mode: .texts, rounds: 1)
        let changes: [((inout Annotation) -> Void, EngineError.Kind, RequestField)] = [
            ({ $0.images = [] }, .invalidRequest, .picturePlaces),
            ({ $0.sentenceIndexes = [2] }, .invalidRequest, .picturePlaces),
            ({ $0.sentenceIndexes = [-1] }, .invalidRequest, .picturePlaces),
            ({ $0.isImageFirst = [] }, .invalidRequest, .picturePlaces),
            ({ $0.images = [[0]] }, .unreadableImage, .inputPicture(part: 1)),
            (
                {
                    $0.mode = .pictures
                    $0.images = []
                    $0.sentenceIndexes = []
                    $0.isImageFirst = []
                }, .invalidRequest, .pictures
            ),
        ]
        for (change, kind, field) in changes {
            var annotation = valid
            change(&annotation)
            let error = #expect(throws: EngineError.self) { _ = try rounds(annotation) }
            #expect(error?.kind == kind)
            #expect(error?.field == field)
        }
    }

    @Test("Rounds for which there is no room are refused, not computed")
    func room() throws {
        let annotation = try annotation(mode: .texts, rounds: 100)
        let error = #expect(throws: EngineError.self) {
            _ = try rounds(annotation) { $0.opensPictureAfterText = true }
        }
        #expect(error?.kind == .contextLengthExceeded)
    }
}
