import Files
import MMInterleaved

/// Models: those that come with the program, by name, and all others by path.
enum ModelCatalog {
    /// The model that comes with the program.
    static let defaultName = "nano"

    /// Path of a model.
    ///
    /// What contains a slash is a path, and so are `.` and `..`. Any other name is that of a model that comes with the program, before it is
    /// that of something in the working folder.
    ///
    /// - Throws: ``CommandError`` if there is nothing of that path or name.
    static func path(
        _ nameOrPath: String,
        in folders: [String] = Installation.folders(
            checkoutPath: "Models",
            packageName: "models"
        )
    ) throws(CommandError) -> String {
        if nameOrPath.contains("/") || [".", ".."].contains(nameOrPath) {
            guard Folder.hasEntry(nameOrPath) else {
                throw CommandError("there is no model \"\(nameOrPath)\"")
            }
            return nameOrPath
        }
        let places = folders.map { "\($0)/\(nameOrPath)" } + [nameOrPath]
        if let path = places.first(where: { !nameOrPath.isEmpty && Folder.hasEntry($0) }) {
            return path
        }
        throw CommandError(
            "there is no model \"\(nameOrPath)\": looked for it in "
                + folders.joined(separator: ", ") + " and the working folder"
        )
    }

    /// Opens a model, a directory or a file.
    ///
    /// - Throws: as ``path(_:in:)`` and `StoredModel`.
    static func model(_ nameOrPath: String) throws -> StoredModel {
        try StoredModel(path: path(nameOrPath))
    }
}
