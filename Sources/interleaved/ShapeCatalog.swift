import ArgumentParser
import Foundation
import MMInterleaved

/// The configurations in `Config/shapes`, by name.
enum ShapeCatalog {
    /// Where shapes may lie: the working directory's checkout, the checkout that this program was built
    /// in, and the place where packages install them.
    private static var directories: [String] {
        let executable = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        let checkout = executable.deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        return ["Config/shapes", checkout.path + "/Config/shapes", "/usr/share/interleaved/shapes"]
    }

    /// Finds a shape by its name or by the path of a configuration file.
    static func configuration(_ nameOrPath: String) throws -> ModelConfiguration {
        let candidates =
            nameOrPath.contains("/") || nameOrPath.hasSuffix(".json")
            ? [nameOrPath] : directories.map { "\($0)/\(nameOrPath).json" }
        for path in candidates where FileManager.default.fileExists(atPath: path) {
            return try ModelDirectory.configuration(file: path)
        }
        let known = names
        throw ValidationError(
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
            (try? FileManager.default.contentsOfDirectory(atPath: $0)) ?? []
        }
        return Set(files.filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }).sorted()
    }
}
