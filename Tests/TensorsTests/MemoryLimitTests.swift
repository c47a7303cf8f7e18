import Testing

@testable import Tensors

@Suite("Limit of memory")
struct MemoryLimitTests {
    private func limit(_ files: [String: String]) -> Int? {
        MemoryLimit { files[$0] }.byteCount
    }

    /// A unified hierarchy with the process in `/a`.
    private func unified(_ limits: [String: String]) -> Int? {
        var files = limits.reduce(into: [:]) { files, limit in
            files["/sys/fs/cgroup\(limit.key)/memory.max"] = limit.value
        }
        files["/proc/self/cgroup"] = "0::/a\n"
        files["/proc/self/mountinfo"] = "29 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw"
        return limit(files)
    }

    @Test("The least limit of the process's group and its parents counts")
    func leastOfParents() {
        #expect(unified(["/a": "1073741824\n", "": "max\n"]) == 1 << 30)
        #expect(unified(["/a": "1073741824\n", "": "1048576\n"]) == 1 << 20)
        #expect(unified(["/a": "max\n"]) == nil)
        // The limits of other groups are theirs.
        #expect(unified(["/b": "1048576\n"]) == nil)
    }

    @Test("There is no more than the machine has")
    func machine() {
        let machine = "MemTotal:       1048576 kB\nMemFree:  1 kB\n"
        #expect(MemoryLimit { ["/proc/meminfo": machine][$0] }.usableByteCount == 1 << 30)
        #expect(MemoryLimit { _ in nil }.usableByteCount == nil)
        #expect(MemoryLimit { ["/proc/meminfo": "MemTotal: -5 kB"][$0] }.usableByteCount == nil)
        let files = [
            "/proc/meminfo": machine, "/proc/self/cgroup": "0::/a\n",
            "/proc/self/mountinfo": "29 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw",
            "/sys/fs/cgroup/a/memory.max": "4096",
        ]
        #expect(MemoryLimit { files[$0] }.usableByteCount == 4096)
    }

    @Test("The older hierarchy counts alike; its largest number is no limit")
    func older() {
        func separate(_ text: String) -> Int? {
            limit([
                "/proc/self/cgroup": "9:memory:/a\n4:cpu:/b\n",
                "/proc/self/mountinfo":
                    "32 31 0:29 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory",
                "/sys/fs/cgroup/memory/a/memory.limit_in_bytes": text,
            ])
        }
        #expect(separate("2147483648\n") == 2 << 30)
        #expect(separate("9223372036854771712\n") == nil)
    }

    @Test(
        "What makes no sense is no limit",
        arguments: ["", "x", "-1", "0", "99999999999999999999"]
    )
    func nonsense(text: String) {
        #expect(unified(["/a": text]) == nil)
        #expect(limit(["/proc/self/cgroup": text, "/proc/self/mountinfo": text]) == nil)
    }
}
