import ArgumentParser
import Files
import MMInterleaved

/// Model directories: those that come with the program, by name, and all others by path.
enum ModelCatalog {
    /// The model that comes with the program.
    static let defaultName = "nano"

    /// Path of a model directory.
    ///
    /// What contains a slash is a path. Any other name is that of a model that comes with the program, before it is
    /// that of something in the working folder.
    ///
    /// - Throws: `ValidationError` if there is no such directory and no such name.
    static func path(
        _ nameOrPath: String,
        in folders: [String] = Installation.folders(
            checkoutPath: "Models",
            packageName: "models"
        )
    ) throws -> String {
        if nameOrPath.contains("/") { return nameOrPath }
        let places = folders.map { "\($0)/\(nameOrPath)" } + [nameOrPath]
        if let path = places.first(where: { !nameOrPath.isEmpty && Folder.hasEntry($0) }) {
            return path
        }
        throw ValidationError(
            "there is no model \"\(nameOrPath)\": looked for it in "
                + folders.joined(separator: ", ") + " and the working folder"
        )
    }

    /// Opens a model directory.
    ///
    /// - Throws: as ``path(_:in:)`` and `ModelDirectory`.
    static func directory(_ nameOrPath: String) throws -> ModelDirectory {
        try ModelDirectory(path: path(nameOrPath))
    }
}
