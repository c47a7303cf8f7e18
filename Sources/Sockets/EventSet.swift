internal import CLinux

/// Sockets that are watched together for bytes to read and room to write.
///
/// An event tells that something has begun to hold, once: whoever hears of it goes on until the system says that it
/// would have to wait. One descriptor stands for all of them, so that whoever waits is woken once for many.
///
/// Threads: belongs to one queue.
package final class EventSet {
    /// What has happened to a socket.
    package struct Event {
        /// What the socket was given when it began to be watched.
        package let key: UInt
        /// Whether a read may find something, be it the end.
        package let isReadable: Bool
        /// Whether the system may take bytes.
        package let isWritable: Bool
    }

    /// Readable while there are events.
    package let descriptor: Descriptor

    /// Where events are taken to.
    private var found = [ilv_event](repeating: ilv_event(), count: 64)

    /// Makes an empty set.
    ///
    /// - Throws: ``SocketError`` if there is no descriptor for it.
    package init() throws(SocketError) {
        descriptor = Descriptor(
            owning: Int32(try systemCall("epoll_create1") { Int(ilv_events_create()) })
        )
    }

    /// Watches a socket for as long as it is open.
    ///
    /// - Throws: ``SocketError``.
    package func watch(_ socket: Int32, key: UInt) throws(SocketError) {
        let events = descriptor.rawValue
        _ = try systemCall("epoll_ctl") { Int(ilv_events_watch(events, socket, UInt64(key))) }
    }

    /// Takes some of the events that there are, and hands over each.
    ///
    /// - Returns: Whether there were any.
    package func take(_ body: (Event) -> Void) -> Bool {
        let count = unsafe ilv_events_take(descriptor.rawValue, &found, Int32(found.count))
        guard count > 0 else { return false }
        for index in 0..<Int(count) {
            let event = found[index]
            body(
                Event(
                    key: UInt(event.key),
                    isReadable: event.is_readable != 0,
                    isWritable: event.is_writable != 0
                )
            )
        }
        return true
    }
}
