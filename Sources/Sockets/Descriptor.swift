internal import Glibc

/// An open file descriptor that is closed exactly once: when its owner lets go of it.
///
/// Closing twice does not compile, and a path that forgets to close does not exist.
package struct Descriptor: ~Copyable, Sendable {
    /// The number the system knows it by; valid as long as this value lives.
    package let rawValue: Int32

    /// Takes over a descriptor that nobody else will close.
    package init(owning rawValue: Int32) {
        self.rawValue = rawValue
    }

    deinit {
        // The descriptor is gone whatever close reports: retrying after EINTR could close a stranger's.
        _ = close(rawValue)
    }
}
