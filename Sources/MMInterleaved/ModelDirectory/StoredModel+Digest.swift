internal import Checkpoints
internal import Digests
package import Files

extension StoredModel {
    /// SHA-256 of all that the model is, in hexadecimal: names and bytes of its files.
    ///
    /// Weights with checksums beside them are told by these, which `import` wrote when it wrote them.
    /// Cost: reading everything else.
    ///
    /// - Throws: `FileError`.
    package func digest() throws(FileError) -> String {
        let hash = SHA256()
        for path in try files where !Folder.hasEntry(TensorChecksums.path(of: path)) {
            let name = path.split(separator: "/").last.map(String.init) ?? path
            let end = [0] as [UInt8]
            unsafe hash.update((Array(name.utf8) + end).span.bytes)
            try File.read(path) { hash.update($0) }
        }
        return SHA256.hexadecimal(hash.finish())
    }

    private static let endings = [".json", ".model", ".safetensors", ".sha256"]

    /// The files of the model, in the order of their names.
    private var files: [String] {
        get throws(FileError) {
            guard case .directory(let directory) = self else {
                let checksums = TensorChecksums.path(of: path)
                return Folder.hasEntry(checksums) ? [path, checksums] : [path]
            }
            let names = try Folder.entries(of: directory.path).sorted()
            // What stands beside them, to be read by people, has no say.
            return names.filter { name in Self.endings.contains { name.hasSuffix($0) } }
                .map { directory.path + "/" + $0 }.filter { !Folder.isFolder($0) }
        }
    }
}
