internal import Engine
internal import HTTPWire
internal import JSON
internal import MMInterleaved
internal import ModelTestSupport
internal import ServiceAPI

/// JSON: what was read is written so that it is read as the same again.
func readJSON(_ bytes: [UInt8]) {
    guard let node = try? JSONParser.parse(bytes) else { return }
    let written = JSON(node).encoded
    guard let again = try? JSONParser.parse(written) else {
        fatalError("what was written cannot be read")
    }
    expect(JSON(again).encoded == written, "what was written is read as something else")
}

/// Documents of requests, as each of the routes reads them.
func readDocuments(_ bytes: [UInt8]) {
    let limits = Limits()
    let call = try? InterleaveCall(decoding: bytes, configuration: shape, limits: limits)
    if let call {
        // An answer tells the effective parameters, whatever was asked for.
        expect(!call.parameters.encoded.isEmpty, "a request without parameters")
        expect(
            call.request.text.maximumTokenCount <= limits.maximumTokenCount
                && call.request.picture.stepCount <= limits.maximumStepCount
                && call.request.input.count <= limits.maximumInputPartCount,
            "a request beyond the limits"
        )
    }
    let chat = try? ChatCall(decoding: bytes, configuration: shape, limits: limits)
    for call in [chat?.call, images(.generation, bytes), images(.edit, bytes)] {
        guard let call else { continue }
        expect(!call.parameters.encoded.isEmpty, "a request without parameters")
        expect(
            call.request.text.maximumTokenCount <= limits.maximumTokenCount
                && call.request.picture.count <= limits.maximumPictureCount,
            "a request beyond the limits"
        )
    }
    _ = try? ScoreCall(decoding: bytes, configuration: shape, limits: limits)
    _ = try? TokenizeCall(decoding: bytes, model: "nano", limits: limits)
    _ = try? DetokenizeCall(decoding: bytes, model: "nano", vocabularySize: 512, limits: limits)
}

/// Forms with files, and the requests that they make.
func readForm(_ bytes: [UInt8]) {
    let type = "multipart/form-data; boundary=b"
    guard let form = try? MultipartForm(bytes, contentType: type) else { return }
    let byteCount = form.parts.reduce(0) { $0 + $1.content.count }
    expect(byteCount <= bytes.count, "parts that are larger than their form")
    _ = try? ImagesCall(
        .edit,
        decoding: bytes,
        formType: type,
        configuration: shape,
        limits: Limits()
    )
}

/// Prompt templates: what was read is written so that it is read as the same again.
func readTemplates(_ bytes: [UInt8]) {
    guard let templates = try? TemplateDocument.decode(bytes, in: "") else { return }
    let again = try? TemplateDocument.decode(TemplateDocument.encode(templates), in: "")
    expect(again == templates, "what was written is read as something else")
    for template in templates {
        var inputs = PromptTemplate.Inputs()
        inputs.texts = template.inputs.filter { $0 == .text }.map { _ in "a" }
        inputs.pictures = template.inputs.filter { $0 == .image }.map { _ in [] }
        expect(
            template.takes(textCount: inputs.texts.count, pictureCount: inputs.pictures.count),
            "a template that does not take its inputs"
        )
        _ = template.prompt(inputs)
    }
}

private func images(_ kind: ImagesCall.Kind, _ bytes: [UInt8]) -> InterleaveCall? {
    try? ImagesCall(kind, decoding: bytes, configuration: shape, limits: Limits()).call
}

/// A model with templates of each kind.
private let shape = {
    var shape = TinyModel.configuration
    shape.templates = [
        PromptTemplate(
            "dialogue",
            "Answers.",
            [.image, .history, .text(ending: "?"), .words(" Answer:")],
            history: [.text(ending: "?"), .answer],
            answer: .init(.text, maximumTokenCount: 4)
        ),
        PromptTemplate("edit", "Draws.", [.image, .text(ending: nil)], answer: .init(.image)),
        PromptTemplate(
            "story",
            "Tells.",
            [.text(ending: nil)],
            answer: .init(.interleave, first: .image, maximumSegmentCount: 2)
        ),
    ]
    return shape
}()
