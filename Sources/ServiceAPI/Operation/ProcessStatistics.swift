internal import Foundation

/// What the system says about this process; fields that it does not tell are nil.
///
/// Source: proc(5); names and units of Prometheus' client libraries ("Process metrics").
struct ProcessStatistics {
    /// Bytes in memory.
    var residentByteCount: Double?
    /// Bytes of address space.
    var virtualByteCount: Double?
    /// Seconds of processor time, user and system.
    var processorSeconds: Double?
    /// Seconds since 1970 at which the process began.
    var startSeconds: Double?
    /// Open file descriptors.
    var descriptorCount: Double?
    /// Threads.
    var threadCount: Double?

    /// Reads them now.
    init() {
        // The name of the program stands in parentheses and may hold spaces: fields count from its end.
        let line = Self.text("/proc/self/stat") ?? ""
        let fields = (line.split(separator: ")").last ?? "").split(separator: " ")
        // The first of these fields is the third of proc(5).
        func field(_ number: Int) -> Double? {
            fields.indices.contains(number - 3) ? Double(fields[number - 3]) : nil
        }
        let ticksPerSecond = Double(sysconf(Int32(_SC_CLK_TCK)))
        if let user = field(14), let system = field(15) {
            processorSeconds = (user + system) / ticksPerSecond
        }
        threadCount = field(20)
        if let ticks = field(22), let boot = Self.bootSeconds {
            startSeconds = boot + ticks / ticksPerSecond
        }
        virtualByteCount = field(23)
        residentByteCount = field(24).map { $0 * Double(sysconf(Int32(_SC_PAGESIZE))) }
        // Without the directory there is nothing to count.
        descriptorCount = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd"))
            .map { Double($0.count) }
    }

    private static let bootSeconds: Double? =
        text("/proc/stat")?.split(separator: "\n").first { $0.hasPrefix("btime ") }
        .flatMap { Double($0.dropFirst(6)) }

    /// The text of a file of the system's; nil where there is none.
    private static func text(_ path: String) -> String? {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }
}
