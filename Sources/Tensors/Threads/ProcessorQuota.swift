/// The share of the machine's time that control groups leave to this process.
///
/// A group's limit holds for all below it, so the least of the process's own group and its parents counts.
/// What cannot be read, or makes no sense, is no limit.
///
/// Source: proc_pid_cgroup(5), proc_pid_mountinfo(5); the kernel's `cgroup-v2.rst` (`cpu.max`) and
/// `sched-bwc.rst` (`cpu.cfs_quota_us`).
package struct ProcessorQuota {
    private let read: (String) -> String?

    /// Looks at files.
    ///
    /// - Parameter read: The contents of a file; nil if it cannot be read.
    package init(read: @escaping (String) -> String?) {
        self.read = read
    }

    /// Processors whose whole time the process may use; nil without a limit.
    package var processors: Double? {
        guard let groups = read("/proc/self/cgroup"), let mounts = read("/proc/self/mountinfo")
        else { return nil }
        let hierarchies = mounts.split(separator: "\n").compactMap(Hierarchy.init)
        let limits = groups.split(separator: "\n").flatMap { line -> [Double] in
            // number:controllers:path, where the path may have colons of its own.
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { return [] }
            let isUnified = fields[0] == "0" && fields[1].isEmpty
            guard isUnified || fields[1].split(separator: ",").contains("cpu") else { return [] }
            return hierarchies.filter { $0.isUnified == isUnified }
                .flatMap { $0.folders(of: String(fields[2])) }
                .compactMap { isUnified ? unifiedLimit(in: $0) : limit(in: $0) }
        }
        return limits.min()
    }

    private func unifiedLimit(in folder: String) -> Double? {
        let fields = read("\(folder)/cpu.max")?.split(whereSeparator: \.isWhitespace)
        guard let fields, fields.count == 2 else { return nil }
        return Self.ratio(String(fields[0]), String(fields[1]))
    }

    private func limit(in folder: String) -> Double? {
        guard let quota = read("\(folder)/cpu.cfs_quota_us"),
            let period = read("\(folder)/cpu.cfs_period_us")
        else { return nil }
        return Self.ratio(quota, period)
    }

    /// Microseconds of time in every period; "max" and -1 mean no limit.
    private static func ratio(_ quota: String, _ period: String) -> Double? {
        func number(_ text: String) -> Int64? {
            Int64(text.split(whereSeparator: \.isWhitespace).first ?? "")
        }
        guard let quota = number(quota), let period = number(period), quota > 0, period > 0 else {
            return nil
        }
        return Double(quota) / Double(period)
    }
}

/// A mounted hierarchy of control groups that can limit processors.
private struct Hierarchy {
    let isUnified: Bool
    /// The group that the mount point shows, as far as this process can name it.
    let root: String
    let mountPoint: String

    /// Reads a line of mountinfo; nil for other mounts.
    init?(_ line: Substring) {
        // id parent device root mount-point options [optional fields] - type source super-options
        let fields = line.split(separator: " ")
        guard let dash = fields.firstIndex(of: "-"), dash >= 6, fields.count >= dash + 4 else {
            return nil
        }
        switch fields[dash + 1] {
        case "cgroup2": isUnified = true
        case "cgroup" where fields[dash + 3].split(separator: ",").contains("cpu"):
            isUnified = false
        default: return nil
        }
        root = String(fields[3])
        mountPoint = String(fields[4].replacing("\\040", with: " "))
    }

    /// The folders of a group and its parents, as far as they are mounted.
    func folders(of group: String) -> [String] {
        var folders = [mountPoint]
        let prefix = root == "/" ? "" : root
        guard group == prefix || group.hasPrefix(prefix + "/") else { return folders }
        let path = group.dropFirst(prefix.count).split(separator: "/")
        guard !path.contains("..") else { return folders }
        for name in path { folders.append("\(folders[folders.count - 1])/\(name)") }
        return folders
    }
}
