import Testing

@testable import Tensors

private let unifiedMount = "29 23 0:26 / /sys/fs/cgroup rw shared:4 - cgroup2 cgroup2 rw,nsdelegate"
private let separateMounts = """
    31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
    32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct
    34 31 0:31 / /sys/fs/cgroup/cpuset rw,relatime - cgroup cgroup rw,cpuset
    41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
    """

@Suite("Number of processors")
struct ProcessorCountTests {
    private func quota(_ files: [String: String]) -> Double? {
        ProcessorQuota { files[$0] }.processors
    }

    /// A unified hierarchy with the process in `/a/b`.
    private func unified(_ limits: [String: String]) -> Double? {
        var files = limits.reduce(into: [:]) { files, limit in
            files["/sys/fs/cgroup\(limit.key)/cpu.max"] = limit.value
        }
        files["/proc/self/cgroup"] = "0::/a/b\n"
        files["/proc/self/mountinfo"] = unifiedMount
        return quota(files)
    }

    /// Separate hierarchies with the process in `/a`.
    private func separate(quota: String?, period: String?) -> Double? {
        self.quota(
            [
                "/proc/self/cgroup": "9:name=systemd:/\n4:cpuset:/x\n1:cpu,cpuacct:/a\n0::/\n",
                "/proc/self/mountinfo": separateMounts,
                "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "-1\n",
                "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
                "/sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us": quota,
                "/sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_period_us": period,
            ].compactMapValues(\.self)
        )
    }

    @Test("The least limit of the process's group and its parents counts")
    func leastOfParents() {
        #expect(unified(["/a/b": "250000 100000\n"]) == 2.5)
        #expect(unified(["/a/b": "max 100000\n", "/a": "400000 100000\n"]) == 4)
        #expect(unified(["/a/b": "400000 100000", "/a": "150000 100000"]) == 1.5)
        #expect(unified(["/a/b": "400000 100000", "": "50000 100000"]) == 0.5)
        // The limits of other groups are theirs.
        #expect(unified(["/a/c": "100000 100000", "/a/b/c": "100000 100000"]) == nil)
    }

    @Test("Quota and period of the older hierarchies count alike")
    func older() {
        #expect(separate(quota: "250000\n", period: "100000\n") == 2.5)
        #expect(separate(quota: "-1\n", period: "100000\n") == nil)
        #expect(separate(quota: nil, period: "100000\n") == nil)
        #expect(separate(quota: "250000\n", period: nil) == nil)
    }

    @Test(
        "What makes no sense is no limit",
        arguments: [
            "", "max", "max max", "100000", "0 100000", "-5 100000", "100000 0", "100000 -1", "x y",
            "1e5 100000", "100000 100000 100000", "99999999999999999999 1",
        ]
    )
    func absurd(text: String) {
        #expect(unified(["/a/b": text]) == nil)
    }

    @Test("Without the lists of groups and mounts there is no limit, however they are broken")
    func unreadable() {
        #expect(quota([:]) == nil)
        let limit = ["/sys/fs/cgroup/cpu.max": "100000 100000"]
        let long = String(repeating: "x ", count: 99)
        for broken in ["", "\n", "0", "0:", "::", "0::", "1:cpu", "-", "a - b", long] {
            var files = limit
            files["/proc/self/cgroup"] = "0::/"
            files["/proc/self/mountinfo"] = broken
            #expect(quota(files) == nil)
            files["/proc/self/cgroup"] = broken
            #expect(quota(files) == nil)
        }
    }

    @Test("A container sees its own group, under whichever name the host has for it")
    func containers() {
        func inside(group: String, root: String) -> Double? {
            quota([
                "/proc/self/cgroup": "0::\(group)",
                "/proc/self/mountinfo": "1 2 0:26 \(root) /sys/fs/cgroup ro - cgroup2 cgroup rw",
                "/sys/fs/cgroup/cpu.max": "300000 100000",
                "/sys/fs/cgroup/child/cpu.max": "200000 100000",
            ])
        }
        #expect(inside(group: "/", root: "/") == 3)
        #expect(inside(group: "/docker/1", root: "/docker/1") == 3)
        #expect(inside(group: "/docker/1/child", root: "/docker/1") == 2)
        #expect(inside(group: "/docker/10/child", root: "/docker/1") == 3)
        #expect(inside(group: "/../child", root: "/") == 3)
    }

    @Test("Workers are whole processors within both limits, at least one")
    func workers() {
        func count(_ affinity: Int, _ quota: Double?) -> Int {
            ProcessorCount(affinity: affinity, quota: quota).workerCount
        }
        #expect(count(4, nil) == 4)
        #expect(count(4, 2.5) == 2)
        #expect(count(4, 2) == 2)
        #expect(count(2, 8) == 2)
        #expect(count(4, 0.1) == 1)
        #expect(count(4, 1e300) == 4)
        #expect(ProcessorCount.current.workerCount >= 1)
    }

    @Test("It is told in words")
    func words() {
        func text(_ affinity: Int, _ quota: Double?) -> String {
            ProcessorCount(affinity: affinity, quota: quota).description
        }
        #expect(text(4, 2.5) == "4 processors by affinity, quota 2.5")
        #expect(text(1, nil) == "1 processor by affinity, no quota")
        #expect(text(8, 3) == "8 processors by affinity, quota 3")
        #expect(text(8, 0.05) == "8 processors by affinity, quota 0.05")
    }
}
