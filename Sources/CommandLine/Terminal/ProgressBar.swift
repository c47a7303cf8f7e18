import Foundation

/// A line on standard error that tells how far a long command is.
///
/// On a terminal it is redrawn in place; elsewhere (a log, a pipe) only every tenth is written.
struct ProgressBar {
    private let title: String
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private let start = ContinuousClock.now
    private var lastDrawn = -1

    private static let width = 30

    init(_ title: String) {
        self.title = title
    }

    /// Shows a share from 0 to 1, with a few words about it; a smaller one than before, from a thread that
    /// comes late, is left out.
    mutating func show(_ share: Double, _ detail: String = "") {
        let percent = Int((min(max(share, 0), 1) * 100).rounded(.down))
        let step = isTerminal ? percent : percent / 10 * 10
        guard step > lastDrawn || (isTerminal && !detail.isEmpty && step == lastDrawn) else {
            return
        }
        lastDrawn = step
        if isTerminal {
            let filled = percent * Self.width / 100
            let bar =
                String(repeating: "#", count: filled)
                + String(repeating: ".", count: Self.width - filled)
            write("\r\u{1b}[K\(title) [\(bar)] \(percent)% \(detail)")
        } else {
            write("\(title) \(percent)% \(detail)\n")
        }
    }

    /// Ends the line.
    mutating func finish() {
        let elapsed = start.duration(to: .now)
        let seconds =
            Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18
        let time = String(format: "%.1f s", seconds)
        write(isTerminal ? "\r\u{1b}[K\(title): \(time)\n" : "\(title): \(time)\n")
    }

    private func write(_ text: String) {
        try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
    }
}
