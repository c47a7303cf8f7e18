import Glibc

/// Where files lie that come with the program: beside the program, wherever it was started from.
enum Installation {
    /// Folders to look in, the first wins: the checkout that the program was built in, then where packages put
    /// such files: `share` beside the program's `bin`, and `/usr/share`.
    ///
    /// - Parameters:
    ///   - checkoutPath: Path in a checkout.
    ///   - packageName: Name in `share/interleaved`.
    ///   - program: Path of the program's file.
    /// - Returns: Absolute paths; not all need to exist.
    static func folders(
        checkoutPath: String,
        packageName: String,
        program: String = programPath
    ) -> [String] {
        let folders = program.split(separator: "/").dropLast()
        // A build lies in .build/<platform>/<configuration>.
        let checkout = "/" + folders.dropLast(3).joined(separator: "/")
        let prefix = "/" + folders.dropLast().joined(separator: "/")
        let shared = [prefix, "/usr"].map { "\($0)/share/interleaved/\(packageName)" }
        return ["\(checkout)/\(checkoutPath)"] + (shared[0] == shared[1] ? [shared[0]] : shared)
    }

    /// A program that comes with this one and is not called by people: in `libexec` beside the program's `bin`.
    ///
    /// - Parameters:
    ///   - name: Its file's name.
    ///   - program: Path of this program's file.
    /// - Returns: Its absolute path; nil where it was not installed.
    static func companion(_ name: String, of program: String = programPath) -> String? {
        let folders = program.split(separator: "/").dropLast(2)
        let path = "/" + (folders + ["libexec", "interleaved", name[...]]).joined(separator: "/")
        return unsafe access(path, X_OK) == 0 ? path : nil
    }

    /// The file of the running program, links resolved: how it was called says nothing of where it lies.
    static var programPath: String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = unsafe readlink("/proc/self/exe", &buffer, buffer.count)
        return String(
            decoding: buffer.prefix(max(0, count)).map(UInt8.init(bitPattern:)),
            as: UTF8.self
        )
    }
}
