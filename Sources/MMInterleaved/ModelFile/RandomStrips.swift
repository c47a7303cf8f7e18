package import Tensors

/// The numbers of an untrained model, for a model file.
package struct RandomStrips: WeightStrips {
    /// What the model is called in messages.
    package let path: String
    private let parameters: RandomParameters
    private let format: FloatFormat

    /// Names the numbers.
    ///
    /// - Parameters:
    ///   - path: What the model is called in messages.
    ///   - parameters: The numbers.
    ///   - format: In which they are stored where they are not rounded.
    package init(_ path: String, _ parameters: RandomParameters, format: FloatFormat) {
        self.path = path
        self.parameters = parameters
        self.format = format
    }

    package func storedFormat(of parameter: ParameterDescription) -> FloatFormat { format }

    package func read(
        _ parameter: ParameterDescription,
        _ strips: RowStrips,
        _ body: (Matrix) throws -> Void
    ) throws {
        try parameters.forEachStrip(of: parameter, strips) { strip in
            // As a directory's numbers are, which are stored before they are rounded.
            if format != .float32 {
                let bytes = strip.bytes(as: format)
                unsafe strip.copy(from: bytes.span.bytes, format: format)
            }
            try body(strip)
        }
    }

    package func copy(
        _ parameter: ParameterDescription,
        _ body: (RawSpan) throws -> Void
    ) throws {
        try parameters.forEachStrip(of: parameter, RowStrips(parameter)) { strip in
            let bytes = strip.bytes(as: format)
            try body(unsafe bytes.span.bytes)
        }
    }

    package func releaseResidentPages(of parameter: ParameterDescription) {}
}
