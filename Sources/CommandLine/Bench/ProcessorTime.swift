import Files

/// Time of all processors since the system began, and how much of it a hypervisor gave to other machines.
///
/// A virtual machine that gets half of its processors computes at half of the peak, which short runs reach and long ones
/// do not.
///
/// Source: proc(5), `/proc/stat`, in ticks.
struct ProcessorTime: Hashable {
    let all: Double
    let stolen: Double

    /// Reads it now; nil where the system does not tell.
    static var now: ProcessorTime? {
        (try? File.readText("/proc/stat", maximumByteCount: 1 << 20)).flatMap {
            ProcessorTime(statistics: $0)
        }
    }

    /// Reads the first line: user, nice, system, idle, waiting, two kinds of interrupts, stolen.
    init?(statistics: String) {
        let line = statistics.prefix { $0 != "\n" }
        let words = line.split(separator: " ")
        let ticks = words.dropFirst().prefix(8).compactMap { Double($0) }
        guard words.first == "cpu", ticks.count == 8 else { return nil }
        all = ticks.reduce(0, +)
        stolen = ticks[7]
    }

    /// The share of the time since an earlier moment that was stolen, 0 to 1.
    func stolenShare(since earlier: ProcessorTime) -> Double {
        all > earlier.all ? max(0, stolen - earlier.stolen) / (all - earlier.all) : 0
    }
}
