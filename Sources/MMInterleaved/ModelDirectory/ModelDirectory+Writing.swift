internal import Files
internal import Glibc

extension ModelDirectory {
    /// Writes a model directory that appears under its name only once it is complete.
    ///
    /// - Parameters:
    ///   - path: The directory to make.
    ///   - configuration: What becomes `config.json`, and `templates.json` if it has templates.
    ///   - tokenizer: Bytes of the SentencePiece model.
    ///   - writeWeights: Gets the path of the weights file to write, in a directory beside the final one.
    /// - Throws: ``ModelDirectoryError`` if `path` exists; what writing throws. Nothing stays behind then.
    package static func create(
        at path: String,
        _ configuration: ModelConfiguration,
        tokenizer: [UInt8],
        writeWeights: (_ path: String) throws -> Void
    ) throws {
        guard !Folder.hasEntry(path) else {
            throw ModelDirectoryError(path: path, detail: "already exists")
        }
        let partial = "\(path).partial-\(getpid())"
        do throws(FileError) {
            try Folder.make(partial)
        } catch {
            // Who asked knows the final name alone.
            throw FileError(path: path, detail: error.detail)
        }
        do {
            try File.write(encode(configuration), to: "\(partial)/\(configurationName)")
            if !configuration.templates.isEmpty {
                let templates = TemplateDocument.encode(configuration.templates)
                try File.write(templates, to: "\(partial)/\(templatesName)")
            }
            try File.write(tokenizer, to: "\(partial)/\(tokenizerName)")
            try writeWeights("\(partial)/\(weightsName)")
            try Folder.move(partial, to: path)
        } catch {
            // The reason to leave is the first error; a directory that stays behind is named partial.
            try? Folder.remove(partial)
            throw error
        }
    }
}
