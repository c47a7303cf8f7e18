import Engine
import Evaluation
import Images
import World

extension Example {
    /// Everything that the model has to say and draw, said and drawn right.
    var perfectAnswers: [AnswerSegment] {
        parts.compactMap { part in
            switch part {
            case .text(let words, true): .text(words, opensPicture: assignment == .interleaved)
            case .picture(let scene, true): .picture(AnswerPicture(scene.picture))
            default: nil
            }
        }
    }

    /// The example of a held-out suite.
    static func heldOut(_ assignment: Assignment, _ index: Int, _ split: Split = .train) -> Example
    {
        Example(assignment, seed: assignment.heldOutSeed, index: index, split: split)
    }
}

/// Knows the right answer to every request of some examples.
struct PerfectAnswerer: Answerer {
    private let answers: [[InputPart]: [AnswerSegment]]

    /// Learns the answers by heart.
    init(_ examples: [Example]) throws {
        var answers: [[InputPart]: [AnswerSegment]] = [:]
        for example in examples {
            var rest = example.perfectAnswers[...]
            var given: [AnswerSegment] = []
            let dialogue = Dialogue(example, seed: 0)
            while let request = try dialogue.request(after: given) {
                let segments = rest.prefix(request.maximumSegmentCount)
                answers[request.input] = Array(segments)
                given += segments
                rest = rest.dropFirst(segments.count)
            }
        }
        self.answers = answers
    }

    func answer(_ request: EvaluationRequest) throws -> [AnswerSegment] {
        guard let answer = answers[request.input] else {
            throw AnswerFault("a request that was not learned")
        }
        return answer
    }
}
