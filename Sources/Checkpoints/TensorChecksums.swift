internal import Digests
internal import Files

/// The SHA-256 of every tensor of a weights file, kept in a text file beside it.
///
/// A line per tensor, in the file's order: 64 hexadecimal digits in lower case, two spaces, the tensor's name, whose
/// backslashes and line ends are escaped by a backslash. Neither safetensors nor GGUF files have a place for them.
package struct TensorChecksums: Hashable, Sendable {
    /// Hexadecimal digest by name.
    package private(set) var digests: [String: String] = [:]
    private var lines = ""

    /// Of no tensor.
    package init() {}

    /// Name of the text file, that of the weights with an ending of its own.
    package static func path(of weights: String) -> String { weights + ".sha256" }

    /// Adds the digest of a tensor's bytes.
    package mutating func add(_ digest: [UInt8], of name: String) {
        let digits = SHA256.hexadecimal(digest)
        digests[name] = digits
        lines += "\(digits)  \(Self.escaped(name))\n"
    }

    /// Writes the text file beside a weights file.
    ///
    /// - Throws: ``CheckpointError`` of kind `systemCall`.
    package func write(beside weights: String) throws(CheckpointError) {
        let path = Self.path(of: weights)
        do throws(FileError) {
            try File.write(Array(lines.utf8), to: path)
        } catch {
            throw CheckpointError(.systemCall, path: path, error.detail)
        }
    }

    /// Reads the text file beside a weights file; nil if there is none.
    ///
    /// - Throws: ``CheckpointError`` of kind `systemCall`, `limitExceeded` or `malformed`.
    package init?(beside weights: String) throws(CheckpointError) {
        let path = Self.path(of: weights)
        guard Folder.hasEntry(path) else { return nil }
        let text: String
        do throws(FileError) {
            text = try File.readText(
                path,
                maximumByteCount: CheckpointLimits.maximumHeaderByteCount
            )
        } catch {
            throw CheckpointError(.systemCall, path: path, error.detail)
        }
        var offset = 0
        for line in text.split(whereSeparator: { $0 == "\n" }) {
            let digits = line.prefix(64)
            guard digits.utf8.count == 64,
                digits.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
                ),
                line.dropFirst(64).hasPrefix("  ")
            else {
                throw CheckpointError(
                    .malformed,
                    path: path,
                    offset: offset,
                    "expected 64 hexadecimal digits, two spaces and a tensor's name"
                )
            }
            digests[Self.unescaped(line.dropFirst(66))] = String(digits)
            lines += line + "\n"
            offset += line.utf8.count + 1
        }
    }

    private static func escaped(_ name: String) -> String {
        String(
            decoding: name.utf8.flatMap { byte -> [UInt8] in
                switch byte {
                case 0x0A: Array("\\n".utf8)
                case 0x0D: Array("\\r".utf8)
                case 0x5C: Array("\\\\".utf8)
                default: [byte]
                }
            },
            as: UTF8.self
        )
    }

    private static func unescaped(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var isEscaped = false
        for byte in text.utf8 {
            if isEscaped {
                bytes.append(byte == 0x6E ? 0x0A : byte == 0x72 ? 0x0D : byte)
                isEscaped = false
            } else if byte == 0x5C {
                isEscaped = true
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension TensorChecksums {
    /// Compares every tensor of a weights file with the digests beside it, if there are any.
    ///
    /// - Parameters:
    ///   - path: The weights file.
    ///   - names: Its tensors.
    ///   - hash: Adds the bytes of a tensor, as they are stored, to a hash.
    /// - Throws: ``CheckpointError`` of kind `checksumMismatch` that names the first tensors whose bytes differ or that
    ///   have no digest.
    static func verify(
        _ path: String,
        _ names: [String],
        _ hash: (String, SHA256) throws(CheckpointError) -> Void
    ) throws(CheckpointError) {
        guard let checksums = try TensorChecksums(beside: path) else { return }
        var wrong: [String] = []
        for name in names {
            let sum = SHA256()
            try hash(name, sum)
            if SHA256.hexadecimal(sum.finish()) != checksums.digests[name] { wrong.append(name) }
        }
        guard !wrong.isEmpty else { return }
        let shown = wrong.prefix(8).joined(separator: ", ")
        let rest = wrong.count > 8 ? " and \(wrong.count - 8) more" : ""
        throw CheckpointError(
            .checksumMismatch,
            path: path,
            "the bytes of \(wrong.count) of \(names.count) tensors are not those that were written: \(shown)\(rest)"
        )
    }
}
