internal import Checkpoints

/// Keeps the system reading a checkpoint while its parameters are packed one after the other, and gives back the pages
/// of those that are done.
///
/// So a file is read at the speed of the disk, and no more of it than a parameter counts as memory of this process. What
/// the system has read stays in its own memory as long as that is not needed: the next start finds it there.
///
/// Threads: one at a time.
final class ReadAhead {
    private let reader: any CheckpointReader
    /// In the order in which they are packed.
    private let names: [String]
    private var current: String?
    private var nextIndex = 0
    /// What the system was asked for and nobody has read.
    private var pending: [String: Int] = [:]
    private var pendingByteCount = 0

    /// How far ahead the system reads, in bytes: more than it reads while the largest parameter is packed.
    private static let window = 256 << 20

    /// Makes it for parameters in their order.
    init(_ reader: any CheckpointReader, _ names: [String]) {
        self.reader = reader
        self.names = names
    }

    /// A parameter is read now, and the one before is done.
    func begin(_ name: String) {
        if let current { reader.releaseResidentPages(of: current) }
        current = name
        pendingByteCount -= pending.removeValue(forKey: name) ?? 0
        while nextIndex < names.count, pendingByteCount < Self.window {
            let next = names[nextIndex]
            let byteCount = reader.prefetch(next)
            pending[next] = byteCount
            pendingByteCount += byteCount
            nextIndex += 1
        }
    }

    /// All are done, those too that were read later than those after them.
    func end() {
        for name in names { reader.releaseResidentPages(of: name) }
        current = nil
    }
}
