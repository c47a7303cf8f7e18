internal import CLinux
internal import Files

/// The processors that this process may use, by its affinity and by the quotas of its control groups.
package struct ProcessorCount: Hashable, Sendable, CustomStringConvertible {
    /// Processors that its threads may run on.
    package let affinity: Int
    /// Processors whose whole time it may use; nil without a limit.
    package let quota: Double?

    /// Names the two limits.
    package init(affinity: Int, quota: Double?) {
        self.affinity = affinity
        self.quota = quota
    }

    /// What holds for this process, as it was when somebody asked first.
    package static let current = ProcessorCount(
        affinity: Int(ilv_processor_count()),
        quota: ProcessorQuota { path in
            // What cannot be read limits nothing.
            try? File.readText(path, maximumByteCount: 1 << 20)
        }.processors
    )

    /// Threads that can compute at the same time: part of a processor is none, but one there always is.
    package var workerCount: Int {
        guard let quota, quota < Double(affinity) else { return max(1, affinity) }
        return max(1, Int(quota))
    }

    package var description: String {
        let noun = affinity == 1 ? "processor" : "processors"
        guard let quota else { return "\(affinity) \(noun) by affinity, no quota" }
        let hundredths = Int((min(quota, 1e6) * 100).rounded())
        let fraction =
            switch hundredths % 100 {
            case 0: ""
            case let rest where rest % 10 == 0: ".\(rest / 10)"
            case let rest: rest < 10 ? ".0\(rest)" : ".\(rest)"
            }
        return "\(affinity) \(noun) by affinity, quota \(hundredths / 100)\(fraction)"
    }
}
