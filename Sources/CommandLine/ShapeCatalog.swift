import Files
import MMInterleaved

/// The configurations in `Config/shapes`, by name.
enum ShapeCatalog {
    private static var directories: [String] {
        Installation.folders(checkoutPath: "Config/shapes", packageName: "shapes")
    }

    /// Finds a shape by its name or by the path of a configuration file.
    static func configuration(_ nameOrPath: String) throws -> ModelConfiguration {
        let candidates =
            nameOrPath.contains("/") || nameOrPath.hasSuffix(".json")
            ? [nameOrPath] : directories.map { "\($0)/\(nameOrPath).json" }
        for path in candidates where Folder.hasEntry(path) {
            return try ModelDirectory.configuration(file: path)
        }
        let known = names
        throw CommandError(
            "there is no shape \"\(nameOrPath)\"; "
                + (known.isEmpty
                    ? "looked in \(directories.joined(separator: ", "))"
                    : "known are \(known.joined(separator: ", "))")
        )
    }

    /// Names of all shapes that are found.
    static var names: [String] {
        let files = directories.flatMap {
            // A place that does not exist has no shapes.
            (try? Folder.entries(of: $0)) ?? []
        }
        return Set(files.filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }).sorted()
    }
}
