internal import Files

/// The memory that control groups leave to this process.
///
/// Source: the kernel's `cgroup-v2.rst` (`memory.max`) and `memory.rst` (`memory.limit_in_bytes`).
package struct MemoryLimit {
    private let read: (String) -> String?

    /// Looks at files.
    ///
    /// - Parameter read: The contents of a file; nil if it cannot be read.
    package init(read: @escaping (String) -> String?) {
        self.read = read
    }

    /// The limit of this process, as it is now.
    package static var current: MemoryLimit {
        MemoryLimit { path in
            // What cannot be read limits nothing.
            try? File.readText(path, maximumByteCount: 1 << 20)
        }
    }

    /// Bytes beyond which the process is ended; nil without a limit.
    package var byteCount: Int? {
        ControlGroups(read: read).limits(of: "memory") { folder, isUnified in
            let text = read("\(folder)/\(isUnified ? "memory.max" : "memory.limit_in_bytes")")
            guard let word = text?.split(whereSeparator: \.isWhitespace).first,
                let limit = Int(word), (1..<Self.none).contains(limit)
            else { return Int?.none }
            return limit
        }.min()
    }

    /// Bytes that there are for this process at all: its limit, or the machine's memory where that is less; nil where
    /// neither is known.
    package var usableByteCount: Int? {
        [byteCount, machineByteCount].compactMap(\.self).min()
    }

    /// The machine's memory.
    ///
    /// Source: proc_meminfo(5).
    private var machineByteCount: Int? {
        let lines = read("/proc/meminfo")?.split(separator: "\n") ?? []
        let words = lines.first { $0.hasPrefix("MemTotal:") }?.split(separator: " ") ?? []
        guard words.count == 3, words[2] == "kB", let count = Int(words[1]),
            (1..<Self.none >> 10).contains(count)
        else { return nil }
        return count << 10
    }

    /// The older hierarchy has no word for no limit: it is the largest number of pages.
    private static let none = 1 << 60
}
