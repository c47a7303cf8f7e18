internal import Engine
internal import JSON
internal import MMInterleaved

/// What a conversation becomes for the model: a prompt, and what is to come back.
struct ChatPrompt: Sendable {
    /// What the client wants.
    enum Wanted: Sendable {
        case text
        case image
        /// Words and pictures.
        case both
    }

    /// Texts and pictures in order.
    let input: [InputPart]
    /// What comes back.
    let answer: PromptTemplate.Answer
    /// Name of the template that words it; nil if the conversation is given as it is.
    let template: String?
    /// Where the pictures stand in the document, by their place in the prompt.
    let pictureFields: [Int: String]

    /// Words the last turn of a conversation in a template, or else takes the conversation as it is.
    ///
    /// A template words what the last message brings. Where that brings no picture, it is about the last one before, whoever
    /// brought it. Earlier turns since that picture are told by templates that have a place for them, and by no others;
    /// instructions by none.
    ///
    /// - Parameters:
    ///   - messages: The conversation, which ends with a message of the user.
    ///   - wanted: What the client wants.
    ///   - name: The template that it asks for, `none` for none; nil for the one that fits.
    ///   - templates: Those of the model.
    ///   - deadline: Until when the answer is wanted.
    /// - Throws: ``RequestError`` that names the field.
    init(
        _ messages: [ChatMessage],
        _ wanted: Wanted,
        template name: String?,
        _ templates: [PromptTemplate],
        _ deadline: RequestDeadline
    ) throws(RequestError) {
        guard let last = messages.last, last.role == .user else {
            throw .invalid("messages", "must end with a message of the user")
        }
        let turn = try Turn(messages, last, deadline)
        let template: PromptTemplate?
        if let name, !name.hasSameBytes(as: PromptTemplate.none) {
            let named = try templates.named(name, "template")
            try turn.require(named, wanted)
            template = named
        } else {
            template = name == nil ? turn.choose(wanted, templates) : nil
        }
        if let template {
            self.init(turn, template)
        } else {
            try self.init(conversation: messages, wanted, deadline)
        }
        try deadline.check()
    }

    private init(_ turn: Turn, _ template: PromptTemplate) {
        var inputs = PromptTemplate.Inputs()
        inputs.texts = turn.texts
        let pictures = turn.pictures(for: template)
        inputs.pictures = pictures.map(\.file)
        inputs.turns = turn.earlier
        self.init(
            input: template.prompt(inputs),
            answer: template.answer,
            template: template.name,
            fields: pictures.map(\.field)
        )
    }

    /// The texts and pictures of all messages as they come, a line or more for each message.
    private init(
        conversation messages: [ChatMessage],
        _ wanted: Wanted,
        _ deadline: RequestDeadline
    ) throws(RequestError) {
        var input = PromptParts()
        var fields: [String] = []
        for message in messages {
            try deadline.check()
            for (index, part) in message.parts.enumerated() {
                switch part {
                case .image(let file, let field):
                    input.add(file)
                    fields.append(field)
                case .text(let text):
                    if index == 0 { input.go(on: text, after: "\n") } else { input.add(text) }
                }
            }
        }
        let mode: PromptTemplate.Mode =
            switch wanted {
            case .text: .text
            case .image: .image
            case .both: .interleave
            }
        self.init(
            input: input.finished(),
            answer: .init(mode),
            template: nil,
            fields: fields
        )
    }

    private init(
        input: [InputPart],
        answer: PromptTemplate.Answer,
        template: String?,
        fields: [String]
    ) {
        self.input = input
        self.answer = answer
        self.template = template
        pictureFields = Dictionary(uniqueKeysWithValues: zip(input.picturePlaces, fields))
    }
}

/// The last turn of a conversation.
private struct Turn {
    /// Its text, if it has one.
    let texts: [String]
    /// Its pictures.
    let own: [(file: [UInt8], field: String)]
    /// The last picture before it, which it is about if it brings none.
    let lent: (file: [UInt8], field: String)?
    /// Questions and answers since the picture that it is about came.
    let earlier: [ConversationTurn]

    init(
        _ messages: [ChatMessage],
        _ last: ChatMessage,
        _ deadline: RequestDeadline
    ) throws(RequestError) {
        let text = last.text
        texts = text.trimmed.isEmpty ? [] : [text]
        own = last.pictures
        let before = messages.dropLast()
        let source = own.isEmpty ? before.lastIndex { !$0.pictures.isEmpty } : nil
        lent = source.flatMap { before[$0].pictures.last }
        earlier = if let source { try Self.turns(before[source...], deadline) } else { [] }
    }

    /// Questions with their answers; what several messages in a row ask or answer is one question, or one answer, of a line each.
    private static func turns(
        _ messages: ArraySlice<ChatMessage>,
        _ deadline: RequestDeadline
    ) throws(RequestError) -> [ConversationTurn] {
        var turns: [ConversationTurn] = []
        var question: [String] = []
        var answer: [String] = []
        func turn() -> [ConversationTurn] {
            guard !question.isEmpty, !answer.isEmpty else { return [] }
            return [
                ConversationTurn(
                    text: question.joined(separator: "\n"),
                    answer: answer.joined(separator: "\n")
                )
            ]
        }
        for message in messages where !message.role.isInstruction {
            try deadline.check()
            let text = message.text.trimmed
            guard !text.isEmpty else { continue }
            if message.role == .user {
                if !answer.isEmpty {
                    turns += turn()
                    (question, answer) = ([], [])
                }
                question.append(text)
            } else {
                answer.append(text)
            }
        }
        return turns + turn()
    }

    /// The pictures that a template gets: those of the turn, or the one that is lent.
    func pictures(for template: PromptTemplate) -> [(file: [UInt8], field: String)] {
        let isShort = own.isEmpty && template.inputs.contains(.image)
        return isShort ? [lent].compactMap { $0 } : own
    }

    private func fits(_ template: PromptTemplate) -> Bool {
        template.takes(textCount: texts.count, pictureCount: pictures(for: template).count)
    }

    /// The first template that takes what there is and answers what is wanted.
    ///
    /// One that is about the picture before is better than one without, and where there are earlier turns one that tells
    /// them.
    func choose(_ wanted: ChatPrompt.Wanted, _ templates: [PromptTemplate]) -> PromptTemplate? {
        let modes: [PromptTemplate.Mode] =
            switch wanted {
            case .text: [.text]
            case .image: [.image]
            case .both: [.interleave, .image]
            }
        let fitting = templates.filter(fits)
        let pictured = fitting.filter { $0.inputs.contains(.image) }
        for candidates in [pictured, fitting] {
            for mode in modes {
                let answering = candidates.filter { $0.answer.mode == mode }
                let telling = earlier.isEmpty ? nil : answering.first { $0.takesHistory }
                if let found = telling ?? answering.first { return found }
            }
        }
        return nil
    }

    /// Checks that a template takes what there is and answers what is wanted.
    func require(
        _ template: PromptTemplate,
        _ wanted: ChatPrompt.Wanted
    ) throws(RequestError) {
        try template.requireInputs(
            textCount: texts.count,
            pictureCount: pictures(for: template).count,
            "messages"
        )
        let (fits, needed) =
            switch template.answer.mode {
            case .text: (wanted != .image, "\"text\"")
            case .image: (wanted != .text, "\"image\"")
            case .interleave: (wanted == .both, "\"text\" and \"image\"")
            }
        guard fits else {
            throw .invalid(
                "modalities",
                "must have \(needed) for the template \(quoted(template.name))"
            )
        }
    }
}
