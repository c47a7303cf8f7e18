package import World

/// What of an answer is right.
package struct Verdict: Hashable, Sendable {
    /// One thing that an answer must have.
    package struct Check: Hashable, Sendable {
        /// Its name in tables.
        package let name: String
        /// Whether the answer has it.
        package var passes: Bool
    }

    /// Everything that was looked at.
    package private(set) var checks: [Check] = []

    /// Whether all is right; an answer of which nothing was looked at is wrong.
    package var isRight: Bool { !checks.isEmpty && checks.allSatisfy(\.passes) }

    /// Judges the answers to an example.
    ///
    /// - Source: Training/stages: text_scores, picture_scores, interleaved_scores.
    package init(_ example: Example, _ answers: [AnswerSegment]) {
        switch example.assignment {
        case .caption, .question, .grounding: judgeWords(example, answers)
        case .textToImage, .segmentationToImage, .editing, .story: judgePictures(example, answers)
        case .interleaved: judgeRounds(example, answers)
        }
    }

    /// Adds a check; one of the same name fails if either does.
    mutating func add(_ name: String, _ passes: Bool) {
        if let index = checks.firstIndex(where: { $0.name == name }) {
            checks[index].passes = checks[index].passes && passes
        } else {
            checks.append(Check(name: name, passes: passes))
        }
    }

    // MARK: - Words

    private mutating func judgeWords(_ example: Example, _ answers: [AnswerSegment]) {
        guard case .text(let words, _)? = answers.first else { return add("words", false) }
        let truth = example.saidWords
        guard example.assignment == .grounding else {
            return add("words", words.withoutOuterSpace == truth.withoutOuterSpace)
        }
        guard let box = Box(words: words), let asked = Box(words: truth) else {
            return add("box", false)
        }
        add("box", box.overlap(asked) >= Self.leastOverlap)
    }

    /// Least overlap of a box that counts as right.
    private static let leastOverlap = 0.5
}

extension StringProtocol {
    /// The text without white space at its ends.
    fileprivate var withoutOuterSpace: SubSequence {
        let start = drop(while: \.isWhitespace)
        guard let last = start.lastIndex(where: { !$0.isWhitespace }) else { return start }
        return start[...last]
    }
}
