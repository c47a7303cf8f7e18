package import Foundation
internal import Files
internal import JSON

/// The file beside the keys that says what was done for each: a daemon writes it now and then and at its end, and goes
/// on from it when it begins again.
package struct UsageFile: Hashable, Sendable {
    /// What was done, by the name of the key.
    package var totals: [String: KeyUsage]
    /// When it was written.
    package var written: Date

    /// Groups the totals.
    package init(totals: [String: KeyUsage], written: Date = .now) {
        self.totals = totals
        self.written = written
    }

    /// Where the usage of a file of keys stands.
    package static func path(beside keys: String) -> String { keys + ".usage" }

    /// Reads a file.
    ///
    /// - Returns: nil if there is none yet.
    /// - Throws: ``KeyFileError`` that names file, entry and field.
    package static func read(_ path: String) throws(KeyFileError) -> UsageFile? {
        try bytes(path).map { bytes throws(KeyFileError) in
            try UsageFile(decoding: bytes, path: path)
        }
    }

    /// Reads a file as ``read(_:)`` does; one that holds something else, or nothing, gets the name `FILE.damaged`, as a
    /// daemon should not stay away for that.
    ///
    /// - Parameters:
    ///   - path: Where it is.
    ///   - damaged: Told what was wrong with it.
    /// - Returns: nil if there is none, or none any more.
    /// - Throws: ``KeyFileError`` if it cannot be read, or not be given another name.
    package static func readSettingAside(
        _ path: String,
        damaged: (KeyFileError) -> Void
    ) throws(KeyFileError) -> UsageFile? {
        guard let bytes = try bytes(path) else { return nil }
        do throws(KeyFileError) {
            return try UsageFile(decoding: bytes, path: path)
        } catch {
            damaged(error)
        }
        do throws(FileError) {
            try File.rename(path, to: path + ".damaged")
        } catch {
            throw KeyFileError(error.description)
        }
        return nil
    }

    private static func bytes(_ path: String) throws(KeyFileError) -> [UInt8]? {
        guard Folder.hasEntry(path) else { return nil }
        do throws(FileError) {
            return try File.read(path, maximumByteCount: KeyFile.maximumByteCount)
        } catch {
            throw KeyFileError(error.description)
        }
    }

    /// Reads the bytes of a file.
    ///
    /// - Parameters:
    ///   - bytes: All of it.
    ///   - path: What errors call it.
    /// - Throws: ``KeyFileError`` that names file, entry and field.
    package init(decoding bytes: [UInt8], path: String) throws(KeyFileError) {
        do throws(JSONFault) {
            var reader = try MemberReader(document: bytes)
            written = try reader.time("written") ?? .distantPast
            guard let node = reader.optional("usage") else {
                throw reader.fault("usage", "is missing")
            }
            try reader.finish()
            totals = [:]
            var keys = try MemberReader(node, "usage")
            for (name, path, node) in keys.all() {
                totals[name] = try Self.usage(node, path)
            }
        } catch {
            throw KeyFileError(path, error)
        }
    }

    private static func usage(_ node: JSONNode, _ path: String) throws(JSONFault) -> KeyUsage {
        var reader = try MemberReader(node, path)
        var usage = KeyUsage()
        usage.requestCount = Int(try reader.amount("requests"))
        usage.refusedCount = Int(try reader.amount("refused"))
        usage.tokenCount = Int(try reader.amount("tokens"))
        usage.pictureCount = Int(try reader.amount("pictures"))
        usage.machineTime = .seconds(try reader.amount("machine_seconds"))
        try reader.finish()
        return usage
    }

    /// Replaces a file.
    ///
    /// - Throws: ``KeyFileError`` if the system refuses; the old one is as it was then.
    package func write(to path: String) throws(KeyFileError) {
        let usage: [(name: String, value: JSON)] = totals.map { name, usage in
            (
                name,
                [
                    "requests": .integer(usage.requestCount),
                    "refused": .integer(usage.refusedCount),
                    "tokens": .integer(usage.tokenCount),
                    "pictures": .integer(usage.pictureCount),
                    "machine_seconds": .double(usage.machineTime / .seconds(1)),
                ]
            )
        }
        let document: JSON = [
            "written": .string(Timestamp.text(written)), "usage": .object(usage),
        ]
        do throws(FileError) {
            try File.writePrivately(Array((document.prettyText + "\n").utf8), to: path)
        } catch {
            throw KeyFileError(error.description)
        }
    }
}
