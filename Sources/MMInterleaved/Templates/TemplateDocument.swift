internal import JSON

/// The text of a model's prompt templates: the file `templates.json` of a model directory, a key of a model file.
package enum TemplateDocument {
    /// Largest text that is read, in bytes.
    static let maximumByteCount = 1 << 18
    /// Most templates.
    private static let maximumCount = 64

    private static let limits: JSONLimits = {
        var limits = JSONLimits()
        limits.maximumDepth = 8
        limits.maximumValueCount = 20_000
        return limits
    }()

    /// Reads and checks a text.
    ///
    /// - Parameters:
    ///   - bytes: The text.
    ///   - file: Where it comes from, for messages.
    ///   - language: What the model has room for; nil where no model is known.
    /// - Returns: The templates in the order of the text.
    /// - Throws: ``ModelDirectoryError`` that names the file and the member.
    package static func decode(
        _ bytes: [UInt8],
        in file: String,
        for language: LanguageConfiguration? = nil
    ) throws(ModelDirectoryError) -> [PromptTemplate] {
        do {
            guard bytes.count <= maximumByteCount else {
                throw JSONFault(
                    path: "",
                    detail: "has \(bytes.count) bytes, at most \(maximumByteCount) are allowed"
                )
            }
            return try templates(JSONParser.parse(bytes, limits), language)
        } catch let error as JSONError {
            throw ModelDirectoryError(path: file, detail: "is no acceptable JSON: \(error)")
        } catch {
            throw ModelDirectoryError(path: file, detail: "\(error)")
        }
    }

    private static func templates(
        _ root: JSONNode,
        _ language: LanguageConfiguration?
    ) throws(JSONFault) -> [PromptTemplate] {
        let members = try TemplateMembers(root, ["format_version", "templates"])
        guard members.node("format_version")?.integer == 1 else {
            throw JSONFault(path: "format_version", detail: "must be 1")
        }
        guard let nodes = members.node("templates")?.elements, nodes.count <= maximumCount else {
            throw JSONFault(
                path: "templates",
                detail: "must be an array of at most \(maximumCount) elements"
            )
        }
        var templates: [PromptTemplate] = []
        for (index, node) in nodes.enumerated() {
            do throws(JSONFault) {
                let template = try PromptTemplate(node)
                if let language { try template.checkRoom(language) }
                guard !templates.contains(where: { $0.name == template.name }) else {
                    throw JSONFault(path: "name", detail: "is that of an earlier template")
                }
                templates.append(template)
            } catch {
                throw error.below("templates[\(index)]")
            }
        }
        return templates
    }

    /// The text of templates.
    package static func encode(_ templates: [PromptTemplate]) -> [UInt8] {
        let document: JSON = [
            "format_version": .integer(1), "templates": .array(templates.map(\.json)),
        ]
        return Array((document.prettyText + "\n").utf8)
    }
}
