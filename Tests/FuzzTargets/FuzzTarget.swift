/// A reader of bytes from outside, and what must hold whatever they are.
///
/// A run returns when the bytes were taken or refused. A trap, a time or memory without bound, or a broken promise
/// (`fatalError`) is a finding.
package struct FuzzTarget: Sendable {
    /// Name of the target, and of its folder of inputs.
    package let name: String
    /// Gives bytes to the reader.
    package let run: @Sendable ([UInt8]) -> Void

    /// Every target.
    package static let all: [FuzzTarget] = [
        FuzzTarget(name: "http-request", run: readHTTPRequests),
        FuzzTarget(name: "tls", run: readTLSRecords),
        FuzzTarget(name: "json", run: readJSON),
        FuzzTarget(name: "json-request", run: readDocuments),
        FuzzTarget(name: "form", run: readForm),
        FuzzTarget(name: "templates", run: readTemplates),
        FuzzTarget(name: "picture", run: readPicture),
        FuzzTarget(name: "safetensors", run: readWeights),
        FuzzTarget(name: "gguf", run: readModelFile),
        FuzzTarget(name: "pytorch", run: readWeights),
        FuzzTarget(name: "pickle", run: readPickle),
        FuzzTarget(name: "model-directory", run: readModelDirectory),
        FuzzTarget(name: "tokenizer", run: readTokenizer),
        FuzzTarget(name: "settings", run: readSettings),
        FuzzTarget(name: "keys", run: readKeys),
    ]
}

/// Stops the fuzzer: something that was promised does not hold.
func expect(_ condition: Bool, _ promise: String) {
    if !condition { fatalError(promise) }
}
