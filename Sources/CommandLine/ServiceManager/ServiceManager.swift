import Dispatch
import Glibc
import Logging
import Sockets

/// What the daemon tells the service manager that started it, such as systemd; nothing where there is none.
///
/// Source: sd_notify(3), sd_watchdog_enabled(3).
struct ServiceManager: Sendable {
    private let socket: NotificationSocket?
    /// The longest silence after which the manager takes the daemon for hung; nil if it does not mind.
    let watchdogInterval: Duration?
    private let logger: Logger

    /// Finds the service manager in the environment.
    ///
    /// - Parameters:
    ///   - environment: This process's.
    ///   - process: The number of this process.
    ///   - logger: Where the log goes.
    init(_ environment: [String: String], process: Int32 = getpid(), logger: Logger) {
        self.logger = logger
        let name = environment["NOTIFY_SOCKET"] ?? ""
        socket = NotificationSocket(name)
        if socket == nil, !name.isEmpty {
            logger.warning("NOTIFY_SOCKET is no path: the service manager is told nothing.")
        }
        // Variables may be those of a parent.
        let isMeant = environment["WATCHDOG_PID"].map { $0 == "\(process)" } ?? true
        let microseconds = environment["WATCHDOG_USEC"].flatMap { Int64($0) } ?? 0
        watchdogInterval = isMeant && microseconds > 0 ? .microseconds(microseconds) : nil
    }

    /// The model is being read; the time for the start begins anew.
    ///
    /// - Parameters:
    ///   - status: How far it is.
    ///   - limit: How long nothing more may be heard.
    func starting(_ status: String, limit: Duration) {
        tell(["STATUS=\(status)", "EXTEND_TIMEOUT_USEC=\(limit.wholeMicroseconds)"])
    }

    /// Requests are answered.
    func ready(_ status: String) {
        tell(["READY=1", "STATUS=\(status)"])
    }

    /// Files are being read again; ``ready(_:)`` tells that it is done.
    func reloading() {
        // The manager wants to know whether this answers what it asked for last (sd_notify(3), MONOTONIC_USEC).
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        let microseconds = Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
        tell(["RELOADING=1", "MONOTONIC_USEC=\(microseconds)", "STATUS=Reading files again"])
    }

    /// The end has begun.
    ///
    /// - Parameter limit: How long it may take.
    func stopping(limit: Duration) {
        tell([
            "STOPPING=1", "STATUS=Finishing requests in progress",
            "EXTEND_TIMEOUT_USEC=\(limit.wholeMicroseconds)",
        ])
    }

    /// What went wrong, for who asks how the service is.
    func failed(_ status: String) {
        tell(["STATUS=\(status)"])
    }

    /// Tells again and again that the daemon is well, and nothing while it is not: then the manager ends it.
    ///
    /// - Parameter stall: How long nothing has gone on; nil if all is well.
    /// - Returns: What ends it; nil where no manager minds.
    func watch(_ stall: @escaping @Sendable () -> Duration?) -> (any DispatchSourceTimer)? {
        guard socket != nil, let watchdogInterval else { return nil }
        let timer = DispatchSource.makeTimerSource(
            queue: DispatchQueue(label: "interleaved.watchdog", qos: .userInitiated)
        )
        // Half of the time is what sd_watchdog_enabled(3) recommends; a third leaves room for a busy machine.
        timer.schedule(deadline: .now(), repeating: watchdogInterval / .seconds(3))
        var wasStalled = false
        timer.setEventHandler { [self] in
            guard let silence = stall() else {
                wasStalled = false
                return tell(["WATCHDOG=1"])
            }
            guard !wasStalled else { return }
            wasStalled = true
            logger.critical("No progress for \(silence); the service manager hears no more.")
            failed("Stuck: no progress for \(silence)")
        }
        timer.activate()
        return timer
    }

    private func tell(_ lines: [String]) {
        guard let socket else { return }
        do throws(SocketError) {
            // A status is one line, whatever it quotes.
            try socket.send(lines.map { $0.replacing("\n", with: " ") })
        } catch {
            logger.warning("The service manager is not told \(lines[0]): \(error).")
        }
    }
}

extension Duration {
    /// Microseconds, what is less cut off.
    fileprivate var wholeMicroseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000_000 + attoseconds / 1_000_000_000_000
    }
}
