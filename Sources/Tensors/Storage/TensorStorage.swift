internal import Glibc

/// A block of memory for numbers, 64-byte aligned and zeroed, freed with its last reference.
///
/// The alignment fits a cache line and the widest vector register. Contents are reached through
/// ``Matrix`` only.
@safe package final class TensorStorage {
    let address: UnsafeMutableRawPointer

    /// Size of the block in bytes.
    package let byteCount: Int

    /// Allocates `byteCount` zeroed bytes.
    ///
    /// Pages are touched on first use only: large blocks come from the kernel already zeroed.
    /// - Precondition: `byteCount` is not negative and the process has the memory.
    package init(byteCount: Int) {
        precondition(byteCount >= 0, "a storage of \(byteCount) bytes")
        let rounded = max(64, (byteCount + 63) & ~63)
        // calloc gives zero pages without writing them, but aligns to 16 only: align by hand.
        guard let block = unsafe calloc(1, rounded + 64) else {
            preconditionFailure("out of memory: \(rounded) bytes for tensors")
        }
        unsafe allocation = block
        unsafe address = block.alignedUp(toMultipleOf: 64)
        self.byteCount = byteCount
    }

    deinit {
        unsafe free(allocation)
    }

    private let allocation: UnsafeMutableRawPointer
}

// Sendable: the address never changes. Who may write when is the contract of the ops that hold a
// Matrix: one engine thread, whose worker pool writes disjoint parts between two barriers.
extension TensorStorage: @unchecked Sendable {}
