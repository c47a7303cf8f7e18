internal import Glibc

/// Keeps other processes that do the same out of a folder, as long as it lives: for files that are read, changed and replaced.
///
/// The folder is locked and no file in it, as a file is another one after it was replaced. Whoever takes no lock is not kept out.
package struct FolderLock: ~Copyable {
    private let descriptor: Descriptor

    /// Waits until nobody else has the lock of the folder that holds a file.
    ///
    /// - Throws: ``FileError`` if there is no such folder, or the system refuses.
    package init(around path: String) throws(FileError) {
        let folder = Folder.parent(of: path) ?? "."
        let opened = try Descriptor(folder, O_RDONLY | O_DIRECTORY, action: "cannot be locked")
        while flock(opened.rawValue, LOCK_EX) != 0 {
            guard errno == EINTR else { throw FileError(path: folder, failed: "cannot be locked") }
        }
        descriptor = opened
    }
}
