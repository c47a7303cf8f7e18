import Foundation

/// A fresh directory that is removed with everything in it when the value goes away.
package final class TemporaryDirectory: Sendable {
    /// Ends in a slash.
    package let path: String

    package init() throws {
        let url = FileManager.default.temporaryDirectory
            .appendingPathComponent("interleaved-tests-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        self.path = url.path + "/"
    }

    deinit {
        // Nothing to do about a directory that cannot be removed.
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Writes a file and returns its path.
    @discardableResult
    package func write(_ bytes: [UInt8], to name: String) throws -> String {
        try Data(bytes).write(to: URL(fileURLWithPath: path + name))
        return path + name
    }

    /// Names of the files, sorted.
    package func fileNames() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    }
}
