internal import Engine
internal import Images
package import World

/// The requests that an example makes, one after the other.
///
/// Words are one request. A story is one request per picture, each with the pictures drawn before it
/// (not the true ones). An interleaved example is a single request: the model goes on by itself. So is one in free
/// wording, in the mode that a request has if it names none.
package struct Dialogue: Sendable {
    private let example: Example
    private let seed: UInt64
    private let drawing: DrawingSettings

    /// Prepares the requests of an example.
    ///
    /// - Parameters:
    ///   - example: What is asked.
    ///   - seed: Seed of the noise; later pictures of a story count on from it.
    ///   - drawing: How pictures are drawn.
    package init(_ example: Example, seed: UInt64, drawing: DrawingSettings = DrawingSettings()) {
        self.example = example
        self.seed = seed
        self.drawing = drawing
    }

    /// The next request; nil if the answers so far are all there is.
    ///
    /// - Parameter answers: The segments of all earlier answers.
    /// - Returns: The request, or nil.
    /// - Throws: ``ImageError`` if a picture cannot be encoded.
    package func request(after answers: [AnswerSegment]) throws -> EvaluationRequest? {
        switch example.assignment {
        case .caption, .question, .grounding:
            return answers.isEmpty ? try request(.text, upTo: 0, answers) : nil
        case .interleaved:
            guard answers.isEmpty else { return nil }
            var request = try request(.interleave, upTo: 0, answers)
            request.beginsWithPicture = true
            request.maximumSegmentCount = 2 * Example.roundCount - 1
            request.maximumTokenCount = Self.maximumSentenceTokenCount
            return request
        case .freeTextToImage, .freeQuestion, .freeYesNo, .freeEditing, .unknown:
            // Nobody says what is wanted: the first segment of an answer in the default mode tells.
            return answers.isEmpty ? try request(.interleave, upTo: 0, answers) : nil
        case .textToImage, .segmentationToImage, .editing, .story:
            let round = answers.count
            guard round < example.drawnScenes.count else { return nil }
            var request = try request(.image, upTo: round, answers)
            request.seed = seed &+ UInt64(round)
            return request
        }
    }

    /// Asks all requests in turn.
    ///
    /// - Throws: what the answerer throws, and ``AnswerFault`` for an answer without any segment where one is forced.
    package func run(_ answerer: some Answerer) throws -> [AnswerSegment] {
        var answers: [AnswerSegment] = []
        while let request = try request(after: answers) {
            let segments = try answerer.answer(request)
            if segments.isEmpty {
                // In the default mode a model may say nothing at all, which is wrong, but no fault.
                guard example.assignment.isFree else {
                    throw AnswerFault("an answer without any segment")
                }
                return answers
            }
            answers += segments
        }
        return answers
    }

    /// Tokens of a sentence of an interleaved answer, as when the model was trained.
    private static let maximumSentenceTokenCount = 24

    /// The parts before the target with a number among the targets; earlier targets as they were answered.
    private func request(
        _ mode: GenerationMode,
        upTo target: Int,
        _ answers: [AnswerSegment]
    ) throws -> EvaluationRequest {
        var input: [InputPart] = []
        var targetCount = 0
        for part in example.parts {
            switch part {
            case .text(let words, false): input.append(.text(words))
            case .picture(let scene, false):
                input.append(.image(try ImageFileEncoder.encodePNG(scene.picture)))
            case .segmentationMap(let scene):
                input.append(.image(try ImageFileEncoder.encodePNG(scene.segmentationMap)))
            case .text(_, true), .picture(_, true):
                if targetCount == target {
                    return EvaluationRequest(
                        input: input,
                        mode: mode,
                        seed: seed,
                        drawing: drawing
                    )
                }
                // Earlier targets are pictures: what says words says all of them in one answer.
                if case .picture(let picture) = answers[targetCount] {
                    input.append(.image(try ImageFileEncoder.encodePNG(picture.image)))
                }
                targetCount += 1
            }
        }
        throw AnswerFault("an example with \(targetCount) targets, none with the number \(target)")
    }
}
