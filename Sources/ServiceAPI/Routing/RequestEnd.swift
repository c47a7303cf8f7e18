internal import Engine

/// How a request ended: what its line in the log and its spans tell besides who asked for what.
struct RequestEnd: Sendable {
    /// The answer's; 499 for a client that went away before it had its answer, as nginx has it.
    let status: Int
    /// Bytes of the answer's body that were given to the connection.
    let sentByteCount: Int
    /// What became of it inside.
    let outcome: Outcome
}

/// What became of a request behind its status.
struct Outcome: Sendable {
    /// What the request took, if it was computed.
    var work: Work?
    /// Why the generation ended: `stop`, `length`, `image`, who or what ended it before that, or the code of the error.
    var finishReason: String?
    /// The name of the key with which somebody asked for the end.
    var cancellingKey: String?
    /// Why it failed, if it did.
    var error: String?
}

/// How large a request was.
struct Work: Sendable {
    let promptTokenCount: Int
    let newTokenCount: Int
    let inputImageCount: Int
    let outputImageCount: Int

    init(_ usage: Usage) {
        promptTokenCount = usage.promptTokenCount
        newTokenCount = usage.completionTokenCount
        inputImageCount = usage.inputImageCount
        outputImageCount = usage.outputImageCount
    }

    init(_ scores: Scores, inputImageCount: Int) {
        promptTokenCount = scores.promptTokenCount
        newTokenCount = scores.options.reduce(0) { $0 + $1.tokens.count }
        self.inputImageCount = inputImageCount
        outputImageCount = 0
    }
}
