internal import Foundation

extension ModelDirectory {
    /// Writes a model directory that appears under its name only once it is complete.
    ///
    /// `writeWeights` gets the path of the weights file to write, in a directory beside the final one.
    ///
    /// - Throws: ``ModelDirectoryError`` if `path` exists; what writing throws. Nothing stays behind then.
    package static func create(
        at path: String,
        _ configuration: ModelConfiguration,
        tokenizer: [UInt8],
        writeWeights: (_ path: String) throws -> Void
    ) throws {
        guard !FileManager.default.fileExists(atPath: path) else {
            throw ModelDirectoryError(path: path, detail: "already exists")
        }
        let partial = "\(path).partial-\(ProcessInfo.processInfo.processIdentifier)"
        try FileManager.default.createDirectory(
            atPath: partial,
            withIntermediateDirectories: true
        )
        do {
            try Data(encode(configuration)).write(
                to: URL(fileURLWithPath: "\(partial)/\(configurationName)")
            )
            try Data(tokenizer).write(to: URL(fileURLWithPath: "\(partial)/\(tokenizerName)"))
            try writeWeights("\(partial)/\(weightsName)")
            try FileManager.default.moveItem(atPath: partial, toPath: path)
        } catch {
            // The reason to leave is the first error; a directory that stays behind is named partial.
            try? FileManager.default.removeItem(atPath: partial)
            throw error
        }
    }
}
