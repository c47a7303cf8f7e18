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
    init(_ body: [UInt8], contentType: String, _ limits: Limits) throws(RequestError) {
        let form: MultipartForm
        do throws(MultipartForm.Fault) {
            form = try MultipartForm(body, contentType: contentType)
        } catch {
            throw RequestError(.malformed, "the body is no acceptable form: it \(error)")
        }
        var members: [[UInt8]] = []
        var names: Set<String> = []
        var pictures: [(file: [UInt8], field: String)] = []
        // All texts of a form together have the room of one; before anything is made of them.
        var room = limits.maximumTextByteCount
        for part in form.parts {
            if part.name == "image" || part.name == "image[]" {
                let field = "image[\(pictures.count)]"
                guard !part.content.isEmpty else { throw .invalid(field, "has no bytes") }
                pictures.append((Array(part.content), field))
                continue
            }
            let name = String(quoted(part.name).dropFirst().dropLast())
            guard names.insert(part.name).inserted else {
                throw .invalid(name, "is in the form more than once")
            }
            if part.fileName == nil { room -= part.content.count }
            guard room >= 0 else {
                throw .invalid(
                    name,
                    "is too long: the texts of a form have at most \(limits.maximumTextByteCount) "
                        + "bytes together"
                )
            }
            members.append(
                try JSON.string(part.name).encoded + [UInt8(ascii: ":")] + Self.value(part, name)
            )
        }
        document =
            [UInt8(ascii: "{")] + members.joined(separator: [UInt8(ascii: ",")])
            + [UInt8(ascii: "}")]
        self.pictures = pictures
    }

    /// Fields that are no texts.
    private static let numbers: Set<String> = [
        "n", "partial_images", "output_compression", "seed", "steps", "guidance_scale",
        "timeout_ms",
    ]

    /// What a field's text is in a document.
    private static func value(
        _ part: MultipartForm.Part,
        _ name: String
    ) throws(RequestError) -> [UInt8] {
        // No field takes a file; who reads the document says so by its name.
        guard part.fileName == nil else { return JSON.object([]).encoded }
        guard let text = String(validating: part.content, as: UTF8.self) else {
            throw .invalid(name, "is no UTF-8 text")
        }
        // A number is given on in its own characters, so that it is read exactly.
        if numbers.contains(part.name), let node = try? JSONParser.parse(Array(text.utf8)),
            case .number = node
        {
            return Array(text.utf8)
        }
        if part.name == "stream", text == "true" || text == "false" { return Array(text.utf8) }
        return JSON.string(text).encoded
    }
}
