import Files

/// The folder that `generate` writes answers to.
enum AnswerFolder {
    /// Makes the folder, or makes sure that a new answer does not mix with an older one.
    ///
    /// - Parameters:
    ///   - path: The folder; what is missing of its path is made.
    ///   - replacing: Whether what earlier answers left there is removed; nothing else ever is.
    /// - Throws: ``CommandError`` if the folder is not empty and nothing is to be replaced, `FileError`.
    static func prepare(_ path: String, replacing: Bool) throws {
        try Folder.make(path)
        let entries = try Folder.entries(of: path)
        guard !entries.isEmpty else { return }
        guard replacing else {
            throw CommandError("\(path): is not empty; --force replaces the answers in it")
        }
        for name in entries {
            let inside = "\(path)/\(name)"
            if isAnswerFile(name) {
                try File.remove(inside)
            } else if isNumber(name), Folder.isFolder(inside) {
                // The answers of annotations lie in folders by number.
                for file in try Folder.entries(of: inside) where isAnswerFile(file) {
                    try File.remove("\(inside)/\(file)")
                }
            }
        }
    }

    /// Whether `generate` gives such a name to a file.
    private static func isAnswerFile(_ name: String) -> Bool {
        if name == "answer.json" { return true }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, ["png", "jpeg", "webp"].contains(parts[1]) else { return false }
        let words = parts[0].split(separator: "-", omittingEmptySubsequences: false)
        return ["segment", "round"].contains(words[0]) && (2...3).contains(words.count)
            && words.dropFirst().allSatisfy(isNumber)
    }

    private static func isNumber(_ text: some StringProtocol) -> Bool {
        !text.isEmpty && text.allSatisfy { $0.isASCII && $0.isNumber }
    }
}
