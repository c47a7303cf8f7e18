import Dispatch
import Foundation
import Glibc
import Locking
import Synchronization

/// Lines on their way to a file that may not be read: whoever writes one never waits.
///
/// A thread of its own hands them to the system, at most a thousand times a second: waking it costs whoever writes a line more
/// than the line. While the system takes none, lines are kept up to a bound; beyond, they are lost and counted.
///
/// Threads: every member may be called from any thread.
final class LogBuffer: Sendable {
    private struct State {
        var lines: [UInt8] = []
        /// Lines lost since the last that was not.
        var lostLineCount = 0
    }

    private let descriptor: Int32
    private let capacity: Int
    private let lossLine: @Sendable (Int) -> String
    private let state = Mutex(State())
    private let dropped = Atomic(0)
    private let arrived = DispatchSemaphore(value: 0)
    /// Entered while anything is to be written.
    private let unwritten = DispatchGroup()

    /// Begins to write; the thread lives as long as the process.
    ///
    /// - Parameters:
    ///   - descriptor: The file; it stays open as long as the process.
    ///   - capacity: Most bytes that wait.
    ///   - lossLine: The line that tells how many lines are lost.
    init(
        descriptor: Int32,
        capacity: Int = 1 << 20,
        lossLine: @escaping @Sendable (Int) -> String = LogFormat.text.lossLine
    ) {
        self.lossLine = lossLine
        self.descriptor = descriptor
        self.capacity = capacity
        let thread = Thread { self.run() }
        thread.name = "interleaved.log"
        thread.start()
    }

    /// Lines lost so far.
    var droppedLineCount: Int { dropped.load(ordering: .relaxed) }

    /// Takes a line, or loses it.
    func write(_ line: String) {
        let mustWake = state.withLock { state in
            guard state.lines.count + line.utf8.count <= capacity else {
                state.lostLineCount += 1
                dropped.add(1, ordering: .relaxed)
                return false
            }
            let wasEmpty = state.lines.isEmpty
            if state.lostLineCount > 0 {
                state.lines += lossLine(state.lostLineCount).utf8
                state.lostLineCount = 0
            }
            state.lines += line.utf8
            if wasEmpty { unwritten.enter() }
            return wasEmpty
        }
        if mustWake { arrived.signal() }
    }

    /// Waits until everything is with the system, or the limit is over.
    func flush(limit: Duration) {
        _ = unwritten.wait(timeout: .now() + limit / .seconds(1))
    }

    // MARK: - The thread

    /// Between two writes, at least.
    private static let pause = Duration.milliseconds(1)

    private func run() {
        var last = ContinuousClock.now - Self.pause
        while true {
            arrived.wait()
            let rest = Self.pause - last.duration(to: .now)
            if rest > .zero { Thread.sleep(forTimeInterval: rest / .seconds(1)) }
            last = .now
            // They keep their place until they are written: what the system does not take counts as waiting.
            let lines = state.withLock(\.lines)
            writeAll(lines)
            let isDone = state.withLock { state in
                state.lines.removeFirst(lines.count)
                return state.lines.isEmpty
            }
            if isDone { unwritten.leave() } else { arrived.signal() }
        }
    }

    private func writeAll(_ lines: [UInt8]) {
        var rest = lines[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { bytes in
                unsafe Glibc.write(descriptor, bytes.baseAddress, bytes.count)
            }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if count < 0, errno == EAGAIN {
                var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = unsafe poll(&entry, 1, -1)
            } else if count < 0, errno != EINTR {
                // Nobody will ever read it.
                return
            }
        }
    }
}

/// A ``LogBuffer`` as the stream of a log handler.
struct LogStream: TextOutputStream, Sendable {
    private let buffer: LogBuffer

    /// Writes to a buffer.
    init(_ buffer: LogBuffer) {
        self.buffer = buffer
    }

    mutating func write(_ line: String) { buffer.write(Self.plain(line)) }

    /// A line without what would begin another or steer a terminal, in words of others that are told in it: such
    /// characters are written as their numbers, `\u{1B}`.
    static func plain(_ line: String) -> String {
        let hasEnd = line.utf8.last == UInt8(ascii: "\n")
        let steeringCount = line.utf8.reduce(0) { $0 + (mayBeSteering($1) ? 1 : 0) }
        guard steeringCount > (hasEnd ? 1 : 0) else { return line }
        let text = hasEnd ? line.unicodeScalars.dropLast() : line.unicodeScalars[...]
        var plain = ""
        for scalar in text {
            if isSteering(scalar) {
                plain += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
            } else {
                plain.unicodeScalars.append(scalar)
            }
        }
        return hasEnd ? plain + "\n" : plain
    }

    /// Whether a byte of UTF-8 is such a character, or begins one: nearly all lines have none, and each is looked at.
    private static func mayBeSteering(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == 0x7F || byte == 0xC2 || byte == 0xE2
    }

    /// Control characters, and others that end a line.
    private static func isSteering(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F..<0xA0, 0x2028, 0x2029: true
        default: false
        }
    }
}
