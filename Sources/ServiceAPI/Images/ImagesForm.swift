internal import HTTPWire
internal import JSON

/// A request for pictures as a form: files, and fields that mean what members of a document would.
struct ImagesForm {
    /// The fields as a document.
    let document: [UInt8]
    /// The files of the field `image` in order, and the fields that brought them.
    let pictures: [(file: [UInt8], field: String)]

    /// Reads a body of type `multipart/form-data`.
    ///
    /// - Throws: ``RequestError``.
    init(_ body: [UInt8], contentType: String) throws(RequestError) {
        let form: MultipartForm
        do throws(MultipartForm.Fault) {
            form = try MultipartForm(body, contentType: contentType)
        } catch {
            throw RequestError(.malformed, "the body is no acceptable form: it \(error)")
        }
        var members: [(name: String, value: JSON)] = []
        var pictures: [(file: [UInt8], field: String)] = []
        for part in form.parts {
            if part.name == "image" || part.name == "image[]" {
                let field = "image[\(pictures.count)]"
                guard !part.content.isEmpty else { throw .invalid(field, "has no bytes") }
                pictures.append((Array(part.content), field))
                continue
            }
            members.append((part.name, try Self.value(part)))
        }
        document = JSON.object(members).encoded
        self.pictures = pictures
    }

    /// Fields that are no texts.
    private static let numbers: Set<String> = [
        "n", "partial_images", "output_compression", "seed", "steps", "guidance_scale",
        "timeout_ms",
    ]

    private static func value(_ part: MultipartForm.Part) throws(RequestError) -> JSON {
        let name = String(quoted(part.name).dropFirst().dropLast())
        // A file elsewhere is refused by the field's name, whatever is in it.
        guard part.fileName == nil else { return .string("a file") }
        guard let text = String(validating: part.content, as: UTF8.self) else {
            throw .invalid(name, "is no UTF-8 text")
        }
        if numbers.contains(part.name), let node = try? JSONParser.parse(Array(text.utf8)),
            case .number = node
        {
            return JSON(node)
        }
        if part.name == "stream", text == "true" || text == "false" { return .bool(text == "true") }
        return .string(text)
    }
}
