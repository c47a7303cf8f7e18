internal import CLinux
internal import Glibc

/// A POSIX thread with a name that tools show and a stack of a known size; to be joined or detached once.
package struct NamedThread: Sendable {
    /// Bytes of a thread's stack: what a program's first thread has, whatever the limits of the shell say.
    package static let stackByteCount = 8 << 20

    private let thread: pthread_t

    /// Starts a thread; nil if the system has no more.
    ///
    /// - Parameters:
    ///   - name: At most 15 bytes are kept.
    ///   - processor: Place among the process's processors that the thread keeps to, counted around; nil for any.
    ///   - body: What the thread does.
    package init?(
        _ name: String,
        onProcessor processor: Int? = nil,
        _ body: @escaping @Sendable () -> Void
    ) {
        var attributes = pthread_attr_t()
        unsafe pthread_attr_init(&attributes)
        defer { _ = unsafe pthread_attr_destroy(&attributes) }
        unsafe pthread_attr_setstacksize(&attributes, Self.stackByteCount)
        let start = unsafe Unmanaged.passRetained(
            ThreadStart(name: name, processor: processor, body: body)
        )
        var thread = pthread_t()
        let status = unsafe pthread_create(
            &thread,
            &attributes,
            { context in
                guard let context = unsafe context else { return nil }
                let start = unsafe Unmanaged<ThreadStart>.fromOpaque(context).takeRetainedValue()
                unsafe ilv_thread_set_name(start.name)
                if let processor = start.processor { ilv_thread_pin(Int32(processor)) }
                start.body()
                return nil
            },
            start.toOpaque()
        )
        guard status == 0 else {
            unsafe start.release()
            return nil
        }
        self.thread = thread
    }

    /// Whether this is the calling thread.
    package var isCurrent: Bool { pthread_equal(thread, pthread_self()) != 0 }

    /// Waits for the thread's end.
    package func join() { pthread_join(thread, nil) }

    /// Lets the thread end by itself, whenever that is.
    package func detach() { pthread_detach(thread) }
}

private final class ThreadStart: Sendable {
    let name: String
    let processor: Int?
    let body: @Sendable () -> Void

    init(name: String, processor: Int?, body: @escaping @Sendable () -> Void) {
        self.name = name
        self.processor = processor
        self.body = body
    }
}
