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
    /// What the file of usage says, and whether the log knows that it cannot be written.
    private let written: Mutex<(totals: [String: KeyUsage], isFailing: Bool)>

    /// Reads the keys, and what was done for them before.
    ///
    /// - Throws: `KeyFileError`.
    init(path: String, logger: Logger) throws(KeyFileError) {
        self.path = path
        self.logger = logger
        let keys = try KeyFile(path: path).keys
        let usage = try UsageFile.read(UsageFile.path(beside: path))?.totals ?? [:]
        ring = KeyRing(keys, usage: usage)
        written = Mutex((usage, false))
    }

    /// How many keys there are, for the log.
    var summary: String { "\(ring.accounts.count) keys of \(path) are in use" }

    /// Reads the file again; the keys before stay in use if it is faulty.
    func reload() {
        do throws(KeyFileError) {
            ring.replace(with: try KeyFile(path: path).keys)
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
        written.withLock { written in
            // Totals of keys that were taken out of the file by hand stay.
            var totals = written.totals
            for account in ring.accounts { totals[account.key.name] = account.usage }
            guard totals != written.totals else { return }
            do throws(KeyFileError) {
                try UsageFile(totals: totals).write(to: UsageFile.path(beside: path))
                written = (totals, false)
            } catch {
                if !written.isFailing { logger.error("The usage of keys is not kept: \(error)") }
                written.isFailing = true
            }
        }
    }
}
