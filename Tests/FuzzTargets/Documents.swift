internal import Engine
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
    _ = try? ScoreCall(decoding: bytes, configuration: shape, limits: limits)
    _ = try? TokenizeCall(decoding: bytes, model: "nano", limits: limits)
    _ = try? DetokenizeCall(decoding: bytes, model: "nano", vocabularySize: 512, limits: limits)
}

private let shape = TinyModel.configuration
