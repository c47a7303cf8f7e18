internal import Glibc

/// Files for readers that take paths, in memory, one set per process: one target at a time may use them, since a
/// reader that has mapped a file must not see it cut short.
enum Scratch {
    /// A directory of the process' own.
    static let directory: String = {
        let path = "/dev/shm/interleaved-fuzz-\(getpid())"
        _ = unsafe mkdir(path, 0o700)
        atexit { Scratch.remove() }
        return path
    }()

    private static func remove() {
        for name in ["input", "config.json", "model.safetensors.index.json"] {
            _ = unsafe unlink(directory + "/" + name)
        }
        _ = unsafe rmdir(directory)
    }

    /// Writes a file of the directory.
    static func write(_ bytes: ArraySlice<UInt8>, to name: String) {
        let descriptor = unsafe open(directory + "/" + name, O_CREAT | O_TRUNC | O_WRONLY, 0o600)
        defer { close(descriptor) }
        let count = unsafe bytes.withUnsafeBytes {
            unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
        }
        expect(count == bytes.count, "no room for the input")
    }
}

/// Lends bytes as a file.
func withFile(_ bytes: [UInt8], _ body: (_ path: String) -> Void) {
    Scratch.write(bytes[...], to: "input")
    body(Scratch.directory + "/input")
}
