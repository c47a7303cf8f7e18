internal import CLinux
internal import Glibc

/// Folders.
package enum Folder {
    /// Whether there is something of this name, a folder or anything else.
    package static func hasEntry(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

    /// Makes a folder and those above it; one that is there already stays as it is.
    ///
    /// - Throws: ``FileError`` if the system refuses, or something else has the name.
    package static func make(_ path: String) throws(FileError) {
        if isFolder(path) { return }
        if let parent = parent(of: path), !isFolder(parent) { try make(parent) }
        guard unsafe mkdir(path, 0o777) == 0 || (errno == EEXIST && isFolder(path)) else {
            throw FileError(path: path, failed: "cannot be made")
        }
    }

    /// Whether there is a folder of this name.
    package static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Names of what is in a folder, sorted by their bytes.
    ///
    /// - Throws: ``FileError`` if it cannot be read.
    package static func entries(of path: String) throws(FileError) -> [String] {
        guard let stream = unsafe opendir(path) else {
            throw FileError(path: path, failed: "cannot be read")
        }
        defer { unsafe _ = closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { field in
                unsafe field.withMemoryRebound(to: CChar.self, capacity: 256) {
                    unsafe String(cString: $0)
                }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// Gives a file or folder another name on the same disk; what has that name already is not replaced.
    ///
    /// - Throws: ``FileError`` about the new name.
    package static func move(_ path: String, to newPath: String) throws(FileError) {
        guard unsafe ilv_rename_exclusive(path, newPath) == 0 else {
            throw FileError(path: newPath, failed: "cannot be written")
        }
    }

    /// Removes a folder and the files in it; folders inside it are removed alike.
    ///
    /// - Throws: ``FileError`` about the first thing that stays.
    package static func remove(_ path: String) throws(FileError) {
        for name in try entries(of: path) {
            let inside = "\(path)/\(name)"
            var status = stat()
            // A link is removed, not followed.
            if unsafe lstat(inside, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
                try remove(inside)
            } else {
                try File.remove(inside)
            }
        }
        guard unsafe rmdir(path) == 0 else {
            throw FileError(path: path, failed: "cannot be removed")
        }
    }

    /// What a link points to, in the end; nil if the path is no link, or what it points to is not there.
    package static func target(ofLink path: String) -> String? {
        var status = stat()
        guard unsafe lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFLNK,
            let found = unsafe realpath(path, nil)
        else { return nil }
        defer { unsafe free(found) }
        return unsafe String(cString: found)
    }

    /// Bytes that may still be written to the disk that holds a file or folder; nil if the system does not say.
    package static func freeByteCount(_ path: String) -> Int? {
        var disk = statvfs()
        guard unsafe statvfs(path, &disk) == 0 else { return nil }
        let (count, isTooLarge) = UInt64(disk.f_bavail)
            .multipliedReportingOverflow(by: UInt64(disk.f_frsize))
        return isTooLarge ? .max : Int(clamping: count)
    }

    /// A path from the root on; where the current folder has no name, the path as it is.
    package static func absolutePath(_ path: String) -> String {
        guard !path.hasPrefix("/"), let folder = unsafe getcwd(nil, 0) else { return path }
        defer { unsafe free(folder) }
        return unsafe String(cString: folder) + "/" + path
    }

    /// The folder that holds a file; nil for a name without a folder.
    package static func parent(of path: String) -> String? {
        var characters = path[...]
        while characters.count > 1, characters.hasSuffix("/") { characters.removeLast() }
        guard let slash = characters.lastIndex(of: "/") else { return nil }
        return slash == characters.startIndex ? "/" : String(characters[..<slash])
    }
}
