internal import Engine
internal import JSON
internal import MMInterleaved

extension [PromptTemplate] {
    /// The template of a name.
    ///
    /// - Throws: ``RequestError`` that names the field and the templates that there are.
    func named(_ name: String, _ field: String) throws(RequestError) -> PromptTemplate {
        guard let template = first(where: { $0.name.hasSameBytes(as: name) }) else {
            let known = map { quoted($0.name) }.joined(separator: ", ")
            throw .invalid(
                field,
                isEmpty
                    ? "must be left out: the model has no templates"
                    : "must be one of \(known), not \(quoted(name))"
            )
        }
        return template
    }
}

extension PromptTemplate {
    /// Checks that an input is what the template takes.
    ///
    /// - Throws: ``RequestError`` that tells what it takes.
    func requireInputs(
        textCount: Int,
        pictureCount: Int,
        _ field: String
    ) throws(RequestError) {
        guard !takes(textCount: textCount, pictureCount: pictureCount) else { return }
        let inputs = inputs
        func counted(_ kind: Input, _ count: Int) -> String {
            "\(count) \(kind.rawValue)\(count == 1 ? "" : "s")"
        }
        let (texts, images) = (inputs.count { $0 == .text }, inputs.count { $0 == .image })
        throw .invalid(
            field,
            "has \(counted(.text, textCount)) and \(counted(.image, pictureCount)); the template "
                + "\(quoted(name)) takes \(counted(.text, texts)) and \(counted(.image, images))"
        )
    }

    /// The template as `/v1/models` lists it: with what it takes, and no more than the server gives.
    func listed(_ limits: Limits) -> JSON {
        var template = self
        template.answer.maximumSegmentCount = answer.maximumSegmentCount.map {
            min($0, limits.maximumSegmentCount)
        }
        template.answer.maximumTokenCount = answer.maximumTokenCount.map {
            min($0, limits.maximumTokenCount)
        }
        guard case .object(var members) = template.json else { return template.json }
        let inputs = JSON.array(inputs.map { .string($0.rawValue) })
        members.insert((name: "inputs", value: inputs), at: 2)
        return .object(members)
    }
}

extension GenerationMode {
    /// The mode of a template's answers.
    init(_ mode: PromptTemplate.Mode) {
        switch mode {
        case .text: self = .text
        case .image: self = .image
        case .interleave: self = .interleave
        }
    }
}

extension SegmentKind {
    /// What a template's answers begin with.
    init(_ input: PromptTemplate.Input) {
        switch input {
        case .text: self = .text
        case .image: self = .image
        }
    }
}
