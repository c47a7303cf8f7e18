internal import Engine
internal import JSON

/// A message of a conversation, and where its pictures stand in the document.
struct ChatMessage: Sendable {
    /// Who speaks.
    enum Role: String, CaseIterable, Sendable {
        case system
        case developer
        case user
        case assistant

        /// Whether it tells how to answer, and is no turn of the conversation.
        var isInstruction: Bool { self == .system || self == .developer }
    }

    /// A text or a picture.
    enum Part: Sendable {
        case text(String)
        /// The bytes of a file, and the path of the field that brought it.
        case image([UInt8], field: String)
    }

    /// Who speaks.
    let role: Role
    /// Texts and pictures in order.
    let parts: [Part]

    /// The texts, a line each.
    var text: String {
        parts.compactMap { if case .text(let text) = $0 { text } else { nil } }
            .joined(separator: "\n")
    }

    /// The pictures.
    var pictures: [(file: [UInt8], field: String)] {
        parts.compactMap { if case .image(let file, let field) = $0 { (file, field) } else { nil } }
    }
}

extension ChatMessage {
    /// Decodes all messages.
    ///
    /// Source: OpenAI API, Chat completions, `messages`.
    ///
    /// - Throws: ``RequestError`` that names the field.
    static func messages(
        _ node: JSONNode,
        _ limits: Limits,
        _ deadline: RequestDeadline
    ) throws(RequestError) -> [ChatMessage] {
        let nodes = try node.elements("messages", in: 1...limits.maximumInputPartCount)
        var messages: [ChatMessage] = []
        for (index, node) in nodes.enumerated() {
            messages.append(try ChatMessage(node, "messages[\(index)]", limits, deadline))
        }
        let partCount = messages.reduce(0) { $0 + $1.parts.count }
        guard partCount <= limits.maximumInputPartCount else {
            throw .invalid(
                "messages",
                "have \(partCount) texts and pictures, at most \(limits.maximumInputPartCount) "
                    + "are allowed"
            )
        }
        return messages
    }

    private init(
        _ node: JSONNode,
        _ field: String,
        _ limits: Limits,
        _ deadline: RequestDeadline
    ) throws(RequestError) {
        try deadline.check()
        var reader = try ObjectReader(node, path: field)
        guard let name = try reader.string("role", maximumByteCount: 64) else {
            throw RequestError(.missing, field: "\(field).role", "\(field).role is missing")
        }
        guard let role = Role.allCases.first(where: { $0.rawValue.hasSameBytes(as: name) }) else {
            throw RequestError(
                .unsupported,
                field: "\(field).role",
                "\(field).role must be system, developer, user or assistant, not \(quoted(name)): "
                    + "the model calls no tools"
            )
        }
        var parts: [Part] = []
        if let content = reader.take("content") {
            parts = try Self.content(content, "\(field).content", limits, deadline)
        } else if role != .assistant {
            throw RequestError(.missing, field: "\(field).content", "\(field).content is missing")
        }
        if role == .assistant { parts += try Self.answered(&reader, field, limits) }
        _ = try reader.string("name", maximumByteCount: limits.maximumNameByteCount)
        try reader.finish()
        self.init(role: role, parts: parts)
    }

    private static func content(
        _ node: JSONNode,
        _ field: String,
        _ limits: Limits,
        _ deadline: RequestDeadline
    ) throws(RequestError) -> [Part] {
        guard case .array = node else {
            return [.text(try node.string(field, maximumByteCount: limits.maximumTextByteCount))]
        }
        var parts: [Part] = []
        for (index, node) in try node.elements(field, in: 1...limits.maximumInputPartCount)
            .enumerated()
        {
            try deadline.check()
            parts.append(try part(node, "\(field)[\(index)]", limits))
        }
        return parts
    }

    private static func part(
        _ node: JSONNode,
        _ field: String,
        _ limits: Limits
    ) throws(RequestError) -> Part {
        var reader = try ObjectReader(node, path: field)
        let type = try reader.string("type", maximumByteCount: 64) ?? ""
        let part: Part
        switch type {
        case "text": part = .text(try reader.text(limits))
        case "image_url": part = try picture(&reader, field)
        default:
            throw RequestError(
                .unsupported,
                field: "\(field).type",
                "\(field).type must be text or image_url, not \(quoted(type)): the model reads "
                    + "texts and pictures"
            )
        }
        try reader.finish()
        return part
    }

    /// The `image_url` of a part, which is a data URL.
    private static func picture(
        _ reader: inout ObjectReader,
        _ field: String
    ) throws(RequestError) -> Part {
        let path = "\(field).image_url"
        var image = try ObjectReader(reader.require("image_url"), path: path)
        let file = try InputDecoding.picture(image.require("url"), "\(path).url")
        // Every picture is seen as large as the model sees pictures.
        try image.accept("detail", only: ["auto", "low", "high"], "it has no effect here")
        try image.finish()
        return .image(file, field: "\(path).url")
    }

    /// The pictures of an answer that is sent back, and its members that say nothing.
    private static func answered(
        _ reader: inout ObjectReader,
        _ field: String,
        _ limits: Limits
    ) throws(RequestError) -> [Part] {
        for key in ["refusal", "audio", "function_call", "tool_calls"] {
            try reader.refuse(key, "must be null: the model answers in words and pictures alone")
        }
        if let node = reader.take("annotations") {
            _ = try node.elements("\(field).annotations", in: 0...0)
        }
        guard let node = reader.take("images") else { return [] }
        var parts: [Part] = []
        let nodes = try node.elements("\(field).images", in: 0...limits.maximumInputPartCount)
        for (index, node) in nodes.enumerated() {
            let path = "\(field).images[\(index)]"
            var image = try ObjectReader(node, path: path)
            try image.accept("type", only: ["image_url"], "images are pictures")
            _ = try image.integer("index", in: 0...Int(Int32.max))
            parts.append(try picture(&image, path))
            try image.finish()
        }
        return parts
    }
}
