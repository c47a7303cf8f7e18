/// An earlier turn of a conversation: what was asked, and the words of the answer.
package struct ConversationTurn: Hashable, Sendable {
    /// What was asked.
    package var text: String
    /// What was answered.
    package var answer: String

    /// A turn of its parts.
    package init(text: String, answer: String) {
        self.text = text
        self.answer = answer
    }
}
