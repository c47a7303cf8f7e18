import Glibc
import JSON
import Logging
import Testing

@testable import CommandLine

@Suite("Formats of the log")
struct LogFormatTests {
    private struct Line: Decodable {
        let time: String
        let level: String
        let message: String
        let request: String
        let tokens: Int
    }

    @Test("A line is one object: time, level, message, and metadata as members, numbers as numbers")
    func writesObjects() throws {
        let text = JSONLogHandler.line(
            level: .warning,
            message: "two\nlines and a \"quote\"",
            metadata: ["request": "a", "tokens": .stringConvertible(12)]
        )
        #expect(text.hasSuffix("\n"))
        #expect(text.count { $0 == "\n" } == 1)
        let line: Line = try JSONParser.parse(Array(text.utf8.dropLast())).decode()
        #expect(line.level == "warning")
        #expect(line.message == "two\nlines and a \"quote\"")
        #expect(line.request == "a")
        #expect(line.tokens == 12)
    }

    @Test("A line for people has time, level, metadata by name, and what happened")
    func writesText() {
        let line = TextLogHandler.line(
            level: .warning,
            label: "interleaved",
            source: "ServiceAPI",
            message: "GET / 200 1.5 ms",
            metadata: ["status": .stringConvertible(200), "key": "a", "bytes_sent": "12"]
        )
        let end =
            "Z warning interleaved: bytes_sent=12 key=a status=200 [ServiceAPI] GET / 200 1.5 ms\n"
        #expect(line.hasSuffix(end) && line.utf8.count == end.utf8.count + 23)
    }

    @Test(
        "Times are RFC 3339 in UTC",
        arguments: [
            (0, 0, "1970-01-01T00:00:00.000Z"), (951_782_400, 7, "2000-02-29T00:00:00.007Z"),
            (1_795_987_942, 999, "2026-11-29T21:32:22.999Z"),
        ]
    )
    func writesTimes(seconds: Int, milliseconds: Int, text: String) {
        #expect(LogTime.text(seconds: seconds, milliseconds: milliseconds) == text)
    }

    @Test("A loss is told in the format of the log")
    func tellsLosses() throws {
        #expect(LogFormat.text.lossLine(3) == "(3 lines of the log are lost)\n")
        let node = try JSONParser.parse(Array(LogFormat.json.lossLine(3).utf8.dropLast()))
        #expect(node["lost_lines"] != nil)
    }
}
