package import Foundation
internal import Files
package import JSON

/// What is wrong with a file of keys, or of their usage.
package struct KeyFileError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The file, where in it, and what is wrong.
    package let description: String

    init(_ description: String) { self.description = description }

    init(_ path: String, _ fault: JSONFault) { self.init("\(path): \(fault)") }
}

/// The file of keys: JSON, readable by its owner alone, replaced as a whole with each change.
///
/// It holds digests and no secrets: who reads it can open nothing, who writes it everything.
package struct KeyFile: Hashable, Sendable {
    /// Its entries, in the order in which they were made.
    package private(set) var keys: [APIKey]

    /// Most keys of a file, revoked ones included.
    package static let maximumKeyCount = 1000
    static let maximumByteCount = 1 << 20

    /// A file with some keys.
    package init(keys: [APIKey] = []) { self.keys = keys }

    /// Reads a file.
    ///
    /// - Throws: ``KeyFileError`` that names file, entry and field.
    package init(path: String) throws(KeyFileError) {
        let bytes: [UInt8]
        do throws(FileError) {
            bytes = try File.read(path, maximumByteCount: Self.maximumByteCount)
        } catch {
            throw KeyFileError(error.description)
        }
        try self.init(decoding: bytes, path: path)
    }

    /// Reads the bytes of a file.
    ///
    /// - Parameters:
    ///   - bytes: All of it.
    ///   - path: What errors call it.
    /// - Throws: ``KeyFileError`` that names file, entry and field.
    package init(decoding bytes: [UInt8], path: String) throws(KeyFileError) {
        do throws(JSONFault) {
            keys = try KeyDocument.keys(bytes)
        } catch {
            throw KeyFileError(path, error)
        }
    }

    /// Reads a file, changes it and replaces it, while others who do the same wait.
    ///
    /// - Parameters:
    ///   - path: Where it is.
    ///   - canBegin: Whether there may be none yet.
    ///   - body: Changes the keys.
    /// - Throws: ``KeyFileError`` if a step fails; the file is as it was then.
    package static func change(
        _ path: String,
        canBegin: Bool,
        _ body: (inout KeyFile) throws(KeyFileError) -> Void
    ) throws(KeyFileError) {
        let path = Folder.target(ofLink: path) ?? path
        let lock: FolderLock
        do throws(FileError) {
            lock = try FolderLock(around: path)
        } catch {
            throw KeyFileError(error.description)
        }
        var file = canBegin && !Folder.hasEntry(path) ? KeyFile() : try KeyFile(path: path)
        do throws(KeyFileError) {
            try body(&file)
        } catch {
            throw KeyFileError("\(path): \(error)")
        }
        try file.write(to: path)
        _ = consume lock
    }

    /// Replaces a file.
    ///
    /// - Throws: ``KeyFileError`` if the system refuses; the old one is as it was then.
    package func write(to path: String) throws(KeyFileError) {
        do throws(FileError) {
            try File.writePrivately(Array((document.prettyText + "\n").utf8), to: path)
        } catch {
            throw KeyFileError(error.description)
        }
    }

    /// The file as a document.
    package var document: JSON { KeyDocument.document(keys) }

    // MARK: - Changes

    /// Adds a key.
    ///
    /// - Throws: ``KeyFileError`` if its name is taken or the file is full.
    package mutating func add(_ key: APIKey) throws(KeyFileError) {
        guard !keys.contains(where: { $0.name == key.name }) else {
            throw KeyFileError("there is a key \"\(key.name)\" already")
        }
        guard keys.count < Self.maximumKeyCount else {
            throw KeyFileError(
                "there are \(keys.count) keys already, which is as many as a file has"
            )
        }
        keys.append(key)
    }

    /// Takes a key back.
    ///
    /// - Throws: ``KeyFileError`` if there is none of the name, or it is taken back already.
    package mutating func revoke(_ name: String, at now: Date = .now) throws(KeyFileError) {
        guard let index = keys.firstIndex(where: { $0.name == name }) else {
            throw KeyFileError("there is no key \"\(name)\"")
        }
        guard keys[index].revoked == nil else {
            throw KeyFileError("the key \"\(name)\" is revoked already")
        }
        keys[index].revoked = now
    }
}
