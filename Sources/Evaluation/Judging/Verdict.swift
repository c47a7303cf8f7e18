package import World

/// What of an answer is right, and what of it even a stricter judge has nothing against.
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
    /// What only the stricter judge looks at.
    package private(set) var strictChecks: [Check] = []
    /// Where objects that a change leaves alone were given, and where they were drawn.
    package internal(set) var keptOffsets: [KeptOffset] = []

    /// Whether all is right; an answer of which nothing was looked at is wrong.
    package var isRight: Bool { !checks.isEmpty && checks.allSatisfy(\.passes) }

    /// Whether all is right, also by the stricter judge.
    package var isStrictlyRight: Bool { isRight && strictChecks.allSatisfy(\.passes) }

    /// Judges the answers to an example.
    ///
    /// - Source: Training/stages: text_scores, picture_scores, interleaved_scores.
    package init(_ example: Example, _ answers: [AnswerSegment]) {
        switch example.assignment {
        case .caption, .question, .grounding: judgeWords(example, answers)
        case .freeQuestion, .freeYesNo, .unknown: judgeFreeWords(example, answers)
        case .textToImage, .segmentationToImage, .editing, .story, .freeTextToImage, .freeEditing:
            judgePictures(example, answers)
        case .interleaved: judgeRounds(example, answers)
        }
    }

    /// Adds a check; one of the same name fails if either does.
    mutating func add(_ name: String, _ passes: Bool) {
        Self.add(name, passes, to: &checks)
    }

    /// Adds a check of the stricter judge.
    mutating func addStrict(_ name: String, _ passes: Bool) {
        Self.add(name, passes, to: &strictChecks)
    }

    private static func add(_ name: String, _ passes: Bool, to checks: inout [Check]) {
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

    /// Words that answer somebody: capitals and a full stop at the end do not matter.
    private mutating func judgeFreeWords(_ example: Example, _ answers: [AnswerSegment]) {
        guard case .text(let words, _)? = answers.first else { return add("words", false) }
        func plain(_ text: String) -> String {
            let bare = String(text.withoutOuterSpace).lowercased()
            return bare.hasSuffix(".") ? String(bare.dropLast()) : bare
        }
        add("words", plain(words) == plain(example.saidWords))
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
