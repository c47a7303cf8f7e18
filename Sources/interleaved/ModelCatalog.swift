import ArgumentParser
import Foundation
import MMInterleaved

/// Model directories: those of `Models`, by name, and all others by path.
enum ModelCatalog {
    /// The model that comes with the program.
    static let defaultName = "nano"

    private static var folders: [String] {
        Installation.folders(checkoutPath: "Models", packageName: "models")
    }

    /// Path of a model directory.
    ///
    /// A directory of this path comes first, so that no name hides a path.
    ///
    /// - Throws: `ValidationError` if there is no such directory and no such name.
    static func path(_ nameOrPath: String) throws -> String {
        let manager = FileManager.default
        if nameOrPath.contains("/") || manager.fileExists(atPath: nameOrPath) { return nameOrPath }
        for folder in folders {
            let path = "\(folder)/\(nameOrPath)"
            if manager.fileExists(atPath: path) { return path }
        }
        throw ValidationError(
            "there is no model \"\(nameOrPath)\": it is no directory here, and in none of "
                + folders.joined(separator: ", ")
        )
    }

    /// Opens a model directory.
    ///
    /// - Throws: as ``path(_:)`` and `ModelDirectory`.
    static func directory(_ nameOrPath: String) throws -> ModelDirectory {
        try ModelDirectory(path: path(nameOrPath))
    }
}
