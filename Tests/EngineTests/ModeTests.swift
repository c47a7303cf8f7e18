import Engine
import Images
import MMInterleaved
import ModelTestSupport
import Testing

private let vocabulary = TinyModel.configuration.vocabulary

/// A model that opens a picture as soon as it may.
private let opensPictures = [vocabulary.beginOfImage: Float(60)]
/// A model that ends as soon as it may.
private let ends = [vocabulary.endOfSequence: Float(60)]
/// A model that neither ends nor opens pictures.
private let goesOn = [vocabulary.endOfSequence: Float(-60), vocabulary.beginOfImage: Float(-60)]

@Suite("Modes of generation")
struct ModeTests {
    @Test("Text mode answers with one text as long as asked for")
    func text() throws {
        let (segments, completion) = try RequestRunner(biases: goesOn).answer { _ in }
        #expect(segments.count == 1)
        let choice = try #require(segments.first?.text?.choices.first)
        #expect(choice.tokens.count == 8)
        #expect(choice.tokenCount == 8)
        #expect(choice.finishReason == .length)
        #expect(completion.finishReason == .length)
        #expect(completion.usage.completionTokenCount == 8)
        #expect(completion.usage.outputImageCount == 0)
    }

    @Test("In text mode a picture that the model would open is the end")
    func textEnds() throws {
        for biases in [opensPictures, ends] {
            let (segments, completion) = try RequestRunner(biases: biases).answer {
                $0.text.minimumTokenCount = 3
            }
            let choice = try #require(segments.first?.text?.choices.first)
            #expect(choice.tokens.count == 3)
            #expect(choice.finishReason == .stop)
            #expect(completion.finishReason == .stop)
        }
    }

    @Test("Image mode answers with one picture of the model's size")
    func image() throws {
        let (segments, completion) = try RequestRunner().answer { $0.mode = .image }
        #expect(segments.count == 1)
        let picture = try #require(segments.first?.pictures?.pictures.first)
        #expect(picture.image.width == 16 && picture.image.height == 16)
        #expect(Set(picture.image.pixels).count > 1)
        #expect(completion.usage.outputImageCount == 1)
        #expect(completion.usage.stepCount == 2)
    }

    @Test("Several pictures of one prompt differ, and each has a seed that alone gives the same")
    func severalPictures() throws {
        let (segments, completion) = try RequestRunner().answer {
            $0.mode = .image
            $0.picture.count = 3
            $0.seed = 40
        }
        let pictures = try #require(segments.first?.pictures?.pictures)
        #expect(pictures[0].seed == 40)
        #expect(Set(pictures.map(\.seed)).count == 3)
        #expect(pictures.allSatisfy { $0.seed < 1 << 53 && $0.seed != 41 })
        #expect(Set(pictures.map(\.image.pixels)).count == 3)
        #expect(completion.usage.stepCount == 6)
        let alone = try RequestRunner().answer {
            $0.mode = .image
            $0.seed = pictures[1].seed
        }
        #expect(alone.segments.first?.pictures?.pictures.first?.image == pictures[1].image)
    }

    @Test("An interleaved answer alternates until the segments are used up")
    func interleave() throws {
        let (segments, completion) = try RequestRunner(biases: opensPictures).answer {
            $0.mode = .interleave
            $0.text.minimumTokenCount = 2
            $0.maximumSegmentCount = 4
        }
        #expect(segments.map(\.index) == [0, 1, 2, 3])
        #expect(segments.map { $0.text != nil } == [true, false, true, false])
        #expect(segments[0].text?.choices.first?.finishReason == .image)
        #expect(completion.finishReason == .length)
        #expect(completion.usage.outputImageCount == 2)
        // The last picture is followed by nothing, so nothing reads it.
        #expect(completion.usage.encodedImageCount == 1)
    }

    @Test("An interleaved answer ends when the model ends it")
    func interleaveEnds() throws {
        let (segments, completion) = try RequestRunner(biases: ends).answer {
            $0.mode = .interleave
            $0.text.minimumTokenCount = 1
        }
        #expect(segments.count == 1)
        #expect(completion.finishReason == .stop)
    }

    @Test("A model that ends at once gives an answer without segments")
    func empty() throws {
        let (segments, completion) = try RequestRunner(biases: ends).answer {
            $0.mode = .interleave
        }
        #expect(segments.isEmpty)
        #expect(completion.finishReason == .stop)
    }

    @Test("A forced picture comes first even if the model would not open one")
    func forcedPicture() throws {
        let (segments, _) = try RequestRunner(biases: goesOn).answer {
            $0.mode = .interleave
            $0.force = .image
            $0.maximumSegmentCount = 2
        }
        #expect(segments.map { $0.pictures != nil } == [true, false])
    }

    @Test("A forced text comes first even if the model would open a picture")
    func forcedText() throws {
        let (segments, _) = try RequestRunner(biases: opensPictures).answer {
            $0.mode = .interleave
            $0.force = .text
            $0.maximumSegmentCount = 2
        }
        #expect(segments.map { $0.text != nil } == [true, false])
        #expect(segments[0].text?.choices.first?.tokens.count == 1)
    }

    @Test("Pictures of the prompt change what is drawn and said")
    func inputPictures() throws {
        let runner = try RequestRunner(biases: goesOn)
        func answer(_ seed: UInt64?) throws -> ([Int], [UInt8]) {
            let input: [InputPart] =
                try seed.map { [.text("a"), .image(try RequestRunner.picture(seed: $0))] }
                ?? [.text("a")]
            let text = try runner.answer {
                $0.input = input
                $0.text.logProbabilityCount = 0
            }
            let picture = try runner.answer {
                $0.input = input
                $0.mode = .image
            }
            return (
                text.segments[0].text?.choices[0].tokens ?? [],
                picture.segments[0].pictures?.pictures[0].image.pixels ?? []
            )
        }
        let (none, first, second) = (try answer(nil), try answer(1), try answer(2))
        #expect(none.1 != first.1 && first.1 != second.1)
        #expect(none.0.count == 8 && first.0.count == 8)
    }

    @Test("A picture that fills the room is the last, and too long a prompt is refused")
    func room() throws {
        let runner = try RequestRunner(biases: opensPictures)
        let capacity = TinyModel.configuration.language.maximumPositionCount
        let (segments, completion) = try runner.answer {
            $0.mode = .interleave
            $0.maximumSegmentCount = 1000
            $0.text.minimumTokenCount = 1
        }
        #expect(completion.finishReason == .length)
        #expect(completion.usage.computedTokenCount <= capacity)
        let images = TinyModel.configuration.language.maximumImageCount
        #expect(segments.count { $0.pictures != nil } < images)
        let tooLong = try runner.events {
            $0.input = [.text(String(repeating: "dog cat ", count: capacity))]
        }
        #expect(tooLong.failure == .contextLengthExceeded)
        let picture = try RequestRunner.picture(seed: 1)
        let tooMany = try runner.events {
            $0.input = Array(repeating: .image(picture), count: images)
        }
        #expect(tooMany.failure == .contextLengthExceeded)
    }

    @Test("A picture file that is none is refused by its place")
    func unreadable() throws {
        let events = try RequestRunner().events { $0.input = [.text("a"), .image([1, 2, 3])] }
        guard case .failed(let error) = events.last else {
            Issue.record("not refused")
            return
        }
        #expect(error.kind == .unreadableImage)
        #expect(error.field == .inputPicture(part: 1))
        #expect(events.count == 1)
    }

    @Test("Impossible numbers of steps are refused")
    func steps() throws {
        for count in [0, -1, 1001] {
            let events = try RequestRunner().events {
                $0.mode = .image
                $0.picture.stepCount = count
            }
            #expect(events.failure == .invalidRequest)
        }
    }
}
