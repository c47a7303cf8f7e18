import Glibc

/// A value that one thread at a time may use, under a POSIX mutex.
///
/// `Synchronization.Mutex` has the same interface, but on Linux it is a futex that ThreadSanitizer does not
/// see: everything it protects would be reported as a race, or would have to be exempted from the search.
/// Not recursive: a body that locks again waits forever.
///
/// `@unchecked Sendable` is safe because the value is only ever reached between locking and unlocking.
@safe
public struct Mutex<Value>: ~Copyable, @unchecked Sendable {
    private let handle: UnsafeMutablePointer<pthread_mutex_t>
    private let storage: UnsafeMutablePointer<Value>

    /// Protects a value that nothing else can reach.
    /// - Parameter value: The first value.
    public init(_ value: sending Value) {
        unsafe handle = .allocate(capacity: 1)
        unsafe storage = .allocate(capacity: 1)
        let status = unsafe pthread_mutex_init(handle, nil)
        precondition(status == 0, "a mutex with standard attributes can be made")
        unsafe storage.initialize(to: value)
    }

    deinit {
        unsafe storage.deinitialize(count: 1)
        unsafe storage.deallocate()
        _ = unsafe pthread_mutex_destroy(handle)
        unsafe handle.deallocate()
    }

    /// Waits for the lock and calls a body with the value.
    /// - Parameter body: May change the value; holds up every other user while it runs.
    /// - Returns: What the body returned.
    /// - Throws: What the body threw; what it had changed stays changed.
    public borrowing func withLock<Result: ~Copyable, Failure: Error>(
        _ body: (inout sending Value) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        _ = unsafe pthread_mutex_lock(handle)
        defer { _ = unsafe pthread_mutex_unlock(handle) }
        return try unsafe body(&storage.pointee)
    }
}
