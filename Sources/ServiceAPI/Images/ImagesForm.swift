internal import HTTPWire
internal import JSON

/// A request for pictures as a form: files, and fields that mean what members of a document would.
struct ImagesForm {
    /// The fields as a document whose values are all texts.
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
            throw RequestError(.malformedForm, "the body is no acceptable form: it \(error)")
        }
        let isPicture = { (part: MultipartForm.Part) in
            part.name == "image" || part.name == "image[]"
        }
        pictures = try Self.pictures(form.parts.filter(isPicture))
        var members: [(name: String, value: JSON)] = []
        var names: Set<String> = []
        // All texts of a form together have the room of one; before anything is made of them.
        var room = limits.maximumTextByteCount
        for part in form.parts where !isPicture(part) {
            let name = printable(part.name)
            guard names.insert(part.name).inserted else {
                throw .invalid(name, "is in the form more than once")
            }
            // What it is for is told by its name, also where it is a file: a mask.
            guard part.fileName == nil || part.name == "mask" else {
                throw .invalid(name, "must be a text, not a file")
            }
            let content = part.fileName == nil ? part.content : []
            room -= content.count
            guard room >= 0 else {
                throw .invalid(
                    name,
                    "is too long: the texts of a form have at most \(limits.maximumTextByteCount) "
                        + "bytes together"
                )
            }
            guard let text = String(validating: content, as: UTF8.self) else {
                throw .invalid(name, "is no UTF-8 text")
            }
            members.append((part.name, .string(text)))
        }
        document = JSON.object(members).encoded
    }

    /// The files of the field `image`: one by its name, several by their place.
    private static func pictures(
        _ parts: [MultipartForm.Part]
    ) throws(RequestError) -> [(file: [UInt8], field: String)] {
        var pictures: [(file: [UInt8], field: String)] = []
        for (index, part) in parts.enumerated() {
            let isOnly = parts.count == 1 && part.name == "image"
            let field = isOnly ? "image" : "image[\(index)]"
            guard !part.content.isEmpty else { throw .invalid(field, "has no bytes") }
            pictures.append((Array(part.content), field))
        }
        return pictures
    }
}
