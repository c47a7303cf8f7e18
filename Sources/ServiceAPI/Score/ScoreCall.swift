package import Engine
internal import JSON
package import MMInterleaved

/// A decoded `POST /v1/score` document.
package struct ScoreCall: Sendable {
    /// What to compute.
    package var request: ScoreRequest
    /// Whether the document says how long the answer may take.
    package private(set) var setsTimeout = false

    /// A call made of its parts.
    package init(request: ScoreRequest) {
        self.request = request
    }

    /// Decodes a document strictly.
    ///
    /// - Parameters:
    ///   - body: The document.
    ///   - configuration: The model's.
    ///   - limits: Bounds of the request.
    ///   - arrived: When the request arrived, from which its time counts.
    /// - Throws: ``RequestError`` that names the field.
    package init(
        decoding body: [UInt8],
        configuration: ModelConfiguration,
        limits: Limits,
        arrived: ContinuousClock.Instant = .now
    ) throws(RequestError) {
        var reader = try ObjectReader(document: body, limits)
        try reader.checkModel(configuration.name, limits)
        let deadline = try reader.deadline(limits, after: arrived)
        let input = try InputDecoding.parts(reader.require("input"), "input", limits, deadline)
        let nodes = try reader.require("options")
            .elements("options", in: 1...limits.maximumOptionCount)
        var options: [String] = []
        for (index, node) in nodes.enumerated() {
            let field = "options[\(index)]"
            let text = try node.string(field, maximumByteCount: limits.maximumTextByteCount)
            guard !text.isEmpty else { throw .invalid(field, "must not be empty") }
            options.append(text)
        }
        setsTimeout = deadline.isChosen
        _ = try reader.string("user", maximumByteCount: limits.maximumNameByteCount)
        let salt = try reader.cacheSalt()
        try reader.finish()
        request = ScoreRequest(input: input, options: options, timeout: deadline.timeout)
        request.scope.salt = salt
    }
}
