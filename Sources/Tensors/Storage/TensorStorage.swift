internal import Glibc
internal import Synchronization

/// A block of memory for numbers, page-aligned and zeroed, freed with its last reference.
///
/// Pages take memory when they are first written. Contents are reached through ``Matrix`` only.
@safe package final class TensorStorage {
    let address: UnsafeMutableRawPointer

    /// Size of the block in bytes.
    package let byteCount: Int

    /// Blocks that this process has reserved so far: what a step of a warm model adds nothing to.
    package static var reservationCount: Int { reservations.load(ordering: .relaxed) }

    private let mappedByteCount: Int
    private static let reservations = Atomic<Int>(0)

    /// Reserves `byteCount` zeroed bytes.
    ///
    /// - Precondition: `byteCount` is not negative and the process may map that much.
    package init(byteCount: Int) {
        precondition(byteCount >= 0, "a storage of \(byteCount) bytes")
        mappedByteCount = max(Self.pageSize, (byteCount + Self.pageSize - 1) & ~(Self.pageSize - 1))
        // Mapped rather than allocated: aligned, zeroed without touching it, and given back to the
        // system at once when freed. Nothing here is small or short-lived.
        let block = unsafe mmap(
            nil,
            mappedByteCount,
            PROT_READ | PROT_WRITE,
            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
            -1,
            0
        )
        guard let block = unsafe block, unsafe block != MAP_FAILED else {
            preconditionFailure("out of memory: \(mappedByteCount) bytes for tensors")
        }
        if mappedByteCount >= Self.hugePageThreshold {
            // Fewer misses of the address translation cache in large matrices; only a hint.
            unsafe madvise(block, mappedByteCount, MADV_HUGEPAGE)
        }
        Self.reservations.add(1, ordering: .relaxed)
        unsafe address = block
        self.byteCount = byteCount
    }

    /// Has all pages take memory now.
    func populate() {
        // A system that does not know how leaves them to whoever writes first.
        unsafe _ = madvise(address, mappedByteCount, MADV_POPULATE_WRITE)
    }

    deinit {
        unsafe munmap(address, mappedByteCount)
    }

    private static let pageSize = 4096
    private static let hugePageThreshold = 4 << 20
}

// Sendable: the address never changes. Who may write when is the contract of the ops that hold a
// Matrix: one engine thread, whose worker pool writes disjoint parts between two barriers.
extension TensorStorage: @unchecked Sendable {}
