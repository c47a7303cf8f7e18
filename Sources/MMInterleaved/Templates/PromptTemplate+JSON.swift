package import JSON

extension PromptTemplate {
    /// The template as a document, as files and answers have it.
    package var json: JSON {
        .members([
            "name": .string(name), "purpose": .string(purpose),
            "answer": answer.json, "wording": .array(wording.map(\.json)),
            "history": history.isEmpty ? nil : .array(history.map(\.json)),
            "examples": .array(examples.map { .string($0) }),
        ])
    }

    /// Reads a template strictly, and checks it.
    ///
    /// - Throws: ``JSONFault`` with a path below the template's.
    init(_ node: JSONNode) throws(JSONFault) {
        let members = try TemplateMembers(
            node,
            ["name", "purpose", "answer", "wording", "history", "examples"]
        )
        self.init(
            try members.text("name"),
            try members.text("purpose"),
            try members.elements("wording") { (node) throws(JSONFault) in try Part(node) } ?? [],
            history: try members.elements("history") { (node) throws(JSONFault) in
                try Part(node)
            } ?? [],
            answer: try Answer(members),
            examples: try members.elements("examples") { (node) throws(JSONFault) in
                guard let text = node.text else {
                    throw JSONFault(path: "", detail: "must be a string, not \(node.typeName)")
                }
                return text
            } ?? []
        )
        try validate()
    }
}

extension PromptTemplate.Part {
    fileprivate var json: JSON {
        switch self {
        case .words(let text): ["text": .string(text)]
        case .text(let ending):
            .members(["input": "text", "ending": ending.map { .string($0) }])
        case .image: ["input": "image"]
        case .history: ["input": "history"]
        case .answer: ["input": "answer"]
        }
    }

    fileprivate init(_ node: JSONNode) throws(JSONFault) {
        let members = try TemplateMembers(node, ["text", "input", "ending"])
        let input = try members.optionalText("input")
        let ending = try members.optionalText("ending")
        guard ending == nil || input == "text" else {
            throw JSONFault(path: "ending", detail: "has a meaning only for the input \"text\"")
        }
        guard let input else {
            self = .words(try members.text("text"))
            return
        }
        guard try members.optionalText("text") == nil else {
            throw JSONFault(path: "text", detail: "has no meaning beside input")
        }
        switch input {
        case "text": self = .text(ending: ending)
        case "image": self = .image
        case "history": self = .history
        case "answer": self = .answer
        default:
            throw JSONFault(
                path: "input",
                detail: "must be \"text\", \"image\", \"history\" or \"answer\""
            )
        }
    }
}

extension PromptTemplate.Answer {
    fileprivate var json: JSON {
        .members([
            "mode": .string(mode.rawValue), "force": first.map { .string($0.rawValue) },
            "max_segments": maximumSegmentCount.map { .integer($0) },
            "max_tokens": maximumTokenCount.map { .integer($0) },
        ])
    }

    fileprivate init(_ template: TemplateMembers) throws(JSONFault) {
        guard let node = template.node("answer") else {
            throw JSONFault(path: "answer", detail: "is missing")
        }
        do throws(JSONFault) {
            let members = try TemplateMembers(
                node,
                ["mode", "force", "max_segments", "max_tokens"]
            )
            guard let mode = PromptTemplate.Mode(rawValue: try members.text("mode")) else {
                throw JSONFault(
                    path: "mode",
                    detail: "must be \"text\", \"image\" or \"interleave\""
                )
            }
            let force = try members.optionalText("force")
            guard force == nil || force == "text" || force == "image" else {
                throw JSONFault(path: "force", detail: "must be \"text\" or \"image\"")
            }
            self.init(
                mode,
                first: force.flatMap { PromptTemplate.Input(rawValue: $0) },
                maximumSegmentCount: try members.integer(
                    "max_segments",
                    in: GenerationRange.segmentCount
                ),
                maximumTokenCount: try members.integer("max_tokens", in: GenerationRange.tokenCount)
            )
        } catch {
            throw error.below("answer")
        }
    }
}

/// The members of an object of which all must be known.
struct TemplateMembers {
    private let object: JSONObject

    init(_ node: JSONNode, _ known: [String]) throws(JSONFault) {
        guard case .object(let object) = node else {
            throw JSONFault(path: "", detail: "must be an object, not \(node.typeName)")
        }
        let other = object.members.first { member in
            !known.contains { $0.hasSameBytes(as: member.name) }
        }
        if let other {
            throw JSONFault(
                path: printable(other.name),
                detail: "is no member here; known are \(known.joined(separator: ", "))"
            )
        }
        self.object = object
    }

    func node(_ name: String) -> JSONNode? { object[name] }

    func optionalText(_ name: String) throws(JSONFault) -> String? {
        guard let node = node(name) else { return nil }
        guard let text = node.text else {
            throw JSONFault(path: name, detail: "must be a string, not \(node.typeName)")
        }
        return text
    }

    func text(_ name: String) throws(JSONFault) -> String {
        guard let text = try optionalText(name) else {
            throw JSONFault(path: name, detail: "is missing")
        }
        return text
    }

    func integer(_ name: String, in range: ClosedRange<Int>) throws(JSONFault) -> Int? {
        guard let node = node(name) else { return nil }
        guard let value = node.integer, range.contains(value) else {
            throw JSONFault(
                path: name,
                detail: "must be a whole number from \(range.lowerBound) to \(range.upperBound)"
            )
        }
        return value
    }

    func elements<Element>(
        _ name: String,
        _ read: (JSONNode) throws(JSONFault) -> Element
    ) throws(JSONFault) -> [Element]? {
        guard let node = node(name) else { return nil }
        guard let nodes = node.elements else {
            throw JSONFault(path: name, detail: "must be an array, not \(node.typeName)")
        }
        var elements: [Element] = []
        for (index, node) in nodes.enumerated() {
            do throws(JSONFault) {
                elements.append(try read(node))
            } catch {
                throw error.below("\(name)[\(index)]")
            }
        }
        return elements
    }
}

extension JSONFault {
    /// The same fault, of a value that stands at a path.
    func below(_ prefix: String) -> JSONFault {
        JSONFault(path: path.isEmpty ? prefix : "\(prefix).\(path)", detail: detail)
    }
}
