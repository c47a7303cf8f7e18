import Dispatch
import Keys
import Locking
import Logging

/// The keys of a daemon: read from their file, read again when that is asked for, and their usage kept beside it.
///
/// Threads: every member may be called from any thread.
final class KeyStore: Sendable {
    /// The keys in use.
    let ring: KeyRing

    private let path: String
    private let logger: Logger
    private let usage: Mutex<Usage>

    private struct Usage {
        /// What was done, by the name of the key; also for keys that are in the file no more.
        var totals: [String: KeyUsage]
        /// What the file of usage says.
        var written: [String: KeyUsage]
        /// Whether the log knows that it cannot be written.
        var isFailing = false

        init(_ totals: [String: KeyUsage]) { (self.totals, written) = (totals, totals) }

        mutating func gather(_ ring: KeyRing) {
            for account in ring.accounts { totals[account.key.name] = account.usage }
        }
    }

    /// Reads the keys, and what was done for them before.
    ///
    /// - Throws: `KeyFileError`.
    init(path: String, logger: Logger) throws(KeyFileError) {
        self.path = path
        self.logger = logger
        let keys = try KeyFile(path: path).keys
        let file = try UsageFile.readSettingAside(UsageFile.path(beside: path)) { damage in
            logger.error(
                "The usage of keys begins anew, the file of before is FILE.damaged: \(damage)"
            )
        }
        let totals = file?.totals ?? [:]
        ring = KeyRing(keys, usage: totals)
        usage = Mutex(Usage(totals))
    }

    /// How many keys there are, for the log.
    var summary: String { "\(ring.accounts.count) keys of \(path) are in use" }

    /// Reads the file again; the keys before stay in use if it is faulty.
    func reload() {
        do throws(KeyFileError) {
            let keys = try KeyFile(path: path).keys
            usage.withLock { usage in
                usage.gather(ring)
                ring.replace(with: keys, usage: usage.totals)
            }
            logger.info("\(summary).")
        } catch {
            logger.error("The keys before stay in use: \(error)")
        }
    }

    /// Has the usage written each minute, until what is returned is cancelled.
    func keepUsage() -> any DispatchSourceTimer {
        let timer = DispatchSource.makeTimerSource(queue: DispatchQueue(label: "interleaved.keys"))
        timer.setEventHandler { [weak self] in self?.writeUsage() }
        timer.schedule(deadline: .now() + .seconds(60), repeating: .seconds(60))
        timer.activate()
        return timer
    }

    /// Writes what was done for each key, if anything was since the last time.
    func writeUsage() {
        // Under the lock, so that an older total never replaces a newer one.
        usage.withLock { usage in
            usage.gather(ring)
            guard usage.totals != usage.written else { return }
            do throws(KeyFileError) {
                try UsageFile(totals: usage.totals).write(to: UsageFile.path(beside: path))
                usage.written = usage.totals
                usage.isFailing = false
            } catch {
                if !usage.isFailing { logger.error("The usage of keys is not kept: \(error)") }
                usage.isFailing = true
            }
        }
    }
}
