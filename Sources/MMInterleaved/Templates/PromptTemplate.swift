/// How a model wants a task to be worded: what a prompt says around the texts and pictures of a request.
///
/// A model that was trained on prompts of a wording answers other wordings worse, or not at all.
package struct PromptTemplate: Hashable, Sendable {
    /// A part of a wording.
    package enum Part: Hashable, Sendable {
        /// Words of the template's own.
        case words(String)
        /// The next text of a request, which gets an ending where it lacks it: a question its mark.
        case text(ending: String?)
        /// The next picture of a request.
        case image
        /// The earlier turns of a conversation, each worded as ``PromptTemplate/history`` says.
        case history
        /// What was answered in an earlier turn; only in ``PromptTemplate/history``.
        case answer
    }

    /// What a request brings for a template.
    package enum Input: String, Hashable, Sendable {
        case text
        case image
    }

    /// What comes back.
    package enum Mode: String, CaseIterable, Sendable {
        /// Words.
        case text
        /// A picture.
        case image
        /// Words and pictures in turn.
        case interleave
    }

    /// What comes back, and how much of it.
    package struct Answer: Hashable, Sendable {
        /// What comes back.
        package var mode: Mode
        /// What an answer of words and pictures begins with; nil leaves it to the model.
        package var first: Input?
        /// Most segments of an answer of words and pictures; nil for a request's own default.
        package var maximumSegmentCount: Int?
        /// Most tokens of a text; nil for the model's default.
        package var maximumTokenCount: Int?

        /// An answer of a mode.
        package init(
            _ mode: Mode,
            first: Input? = nil,
            maximumSegmentCount: Int? = nil,
            maximumTokenCount: Int? = nil
        ) {
            self.mode = mode
            self.first = first
            self.maximumSegmentCount = maximumSegmentCount
            self.maximumTokenCount = maximumTokenCount
        }
    }

    /// What a request calls it.
    package var name: String
    /// What it is for, as a sentence.
    package var purpose: String
    /// The prompt's parts in order.
    package var wording: [Part]
    /// The parts of each earlier turn of a conversation; empty if the template is for single ones.
    package var history: [Part]
    /// What comes back.
    package var answer: Answer
    /// Texts to try.
    package var examples: [String]

    /// Makes a template, which ``validate()`` checks.
    package init(
        _ name: String,
        _ purpose: String,
        _ wording: [Part],
        history: [Part] = [],
        answer: Answer,
        examples: [String] = []
    ) {
        self.name = name
        self.purpose = purpose
        self.wording = wording
        self.history = history
        self.answer = answer
        self.examples = examples
    }

    /// What a request must bring, in the order in which the prompt has it.
    package var inputs: [Input] {
        wording.compactMap { part in
            switch part {
            case .text: .text
            case .image: .image
            case .words, .history, .answer: nil
            }
        }
    }

    /// Whether it has a place for the earlier turns of a conversation.
    package var takesHistory: Bool { wording.contains(.history) }
}
