import Engine
import ServiceAPI
import Testing

@Suite("Names of fields")
struct FieldNameTests {
    @Test(
        "An error of the engine names the field as documents have it, in its text and beside it",
        arguments: [
            (RequestField.input, "input"), (.inputPicture(part: 2), "input[2].image"),
            (.optionCount, "options"), (.option(1), "options[1]"), (.segmentCount, "max_segments"),
            (.tokenCount, "text.max_tokens"), (.beamCount, "text.num_beams"),
            (.textCount, "text.n"), (.pictureCount, "image.n"), (.stepCount, "image.steps"),
            (.timeout, "timeout_ms"),
        ]
    )
    func names(field: RequestField, name: String) {
        let error = ErrorResponse(EngineError(.invalidRequest, field: field, "is wrong"))
        #expect(error.parameter == name)
        #expect(error.message == "\(name): is wrong")
    }

    @Test("An error of no field has its text alone")
    func none() {
        let error = ErrorResponse(EngineError(.queueFull, "full"))
        #expect(error.parameter == nil && error.message == "full")
    }
}
