import Glibc
import Testing

@testable import CommandLine

@Suite("Log")
struct LogBufferTests {
    /// Both ends of a pipe.
    private static func makePipe() -> (reading: Int32, writing: Int32) {
        var ends: [Int32] = [0, 0]
        _ = unsafe pipe(&ends)
        return (ends[0], ends[1])
    }

    private static func read(_ descriptor: Int32, _ count: Int) -> String {
        var bytes = [UInt8](repeating: 0, count: count)
        let found = unsafe Glibc.read(descriptor, &bytes, count)
        return String(decoding: bytes.prefix(max(0, found)), as: UTF8.self)
    }

    @Test("Lines arrive in order, and are there after a flush")
    func writesLines() {
        let ends = Self.makePipe()
        let log = LogBuffer(descriptor: ends.writing)
        for index in 0..<100 { log.write("line \(index)\n") }
        log.flush(limit: .seconds(60))
        #expect(Self.read(ends.reading, 10_000) == (0..<100).map { "line \($0)\n" }.joined())
        #expect(log.droppedLineCount == 0)
    }

    @Test("Nobody waits for a reader that does not read; lost lines are counted and told of")
    func losesLines() {
        let ends = Self.makePipe()
        let log = LogBuffer(descriptor: ends.writing, capacity: 10_000)
        let line = String(repeating: "a", count: 999) + "\n"
        // The pipe takes 64 KiB, the buffer ten lines.
        for _ in 0..<200 { log.write(line) }
        let lost = log.droppedLineCount
        #expect((100...190).contains(lost))
        log.flush(limit: .milliseconds(50))
        var text = ""
        while !text.contains("lost") {
            text += Self.read(ends.reading, 4096)
            log.write("b\n")
        }
        #expect(text.contains("lines of the log are lost)\n"))
    }

    @Test("What others wrote begins no line and steers no terminal")
    func escapes() {
        #expect(LogStream.plain("a é\n") == "a é\n")
        #expect(
            LogStream.plain("a\nb\r\u{1B}[2J\u{9B}\u{2028}\n")
                == "a\\u{A}b\\u{D}\\u{1B}[2J\\u{9B}\\u{2028}\n"
        )
        #expect(LogStream.plain("") == "")
    }
}
