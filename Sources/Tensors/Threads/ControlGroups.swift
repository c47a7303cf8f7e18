/// The limits that control groups set for this process.
///
/// A group's limit holds for all below it, so those of the process's own group and its parents count.
/// What cannot be read, or makes no sense, is no limit.
///
/// Source: proc_pid_cgroup(5), proc_pid_mountinfo(5); the kernel's `cgroup-v2.rst` and `cgroup-v1`.
struct ControlGroups {
    /// The contents of a file; nil if it cannot be read.
    let read: (String) -> String?

    /// What a controller's files say, group by group.
    ///
    /// - Parameters:
    ///   - controller: Its name: `cpu`, `memory`.
    ///   - limit: Reads a group's limit; told its folder, and whether all controllers share one hierarchy.
    /// - Returns: The limits that there are.
    func limits<Limit>(
        of controller: String,
        _ limit: (_ folder: String, _ isUnified: Bool) -> Limit?
    ) -> [Limit] {
        guard let groups = read("/proc/self/cgroup"), let mounts = read("/proc/self/mountinfo")
        else { return [] }
        let hierarchies = mounts.split(separator: "\n").compactMap {
            Hierarchy($0, controller: controller)
        }
        return groups.split(separator: "\n").flatMap { line -> [Limit] in
            // number:controllers:path, where the path may have colons of its own.
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { return [] }
            let isUnified = fields[0] == "0" && fields[1].isEmpty
            guard isUnified || fields[1].split(separator: ",").contains(controller[...]) else {
                return []
            }
            return hierarchies.filter { $0.isUnified == isUnified }
                .flatMap { $0.folders(of: String(fields[2])) }
                .compactMap { limit($0, isUnified) }
        }
    }
}

/// A mounted hierarchy of control groups that a controller can belong to.
private struct Hierarchy {
    let isUnified: Bool
    /// The group that the mount point shows, as far as this process can name it.
    let root: String
    let mountPoint: String

    /// Reads a line of mountinfo; nil for other mounts, and those of other controllers.
    init?(_ line: Substring, controller: String) {
        // id parent device root mount-point options [optional fields] - type source super-options
        let fields = line.split(separator: " ")
        guard let dash = fields.firstIndex(of: "-"), dash >= 6, fields.count >= dash + 4 else {
            return nil
        }
        switch fields[dash + 1] {
        case "cgroup2": isUnified = true
        case "cgroup" where fields[dash + 3].split(separator: ",").contains(controller[...]):
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
