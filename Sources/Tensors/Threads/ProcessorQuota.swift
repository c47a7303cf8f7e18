/// The share of the machine's time that control groups leave to this process.
///
/// Source: the kernel's `cgroup-v2.rst` (`cpu.max`) and `sched-bwc.rst` (`cpu.cfs_quota_us`).
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
        ControlGroups(read: read).limits(of: "cpu") { folder, isUnified in
            isUnified ? unifiedLimit(in: folder) : limit(in: folder)
        }.min()
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
