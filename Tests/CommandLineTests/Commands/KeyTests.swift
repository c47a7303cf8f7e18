import Files
import Keys
import TestSupport
import Testing

@testable import CommandLine

@Suite("The command for keys")
struct KeyTests {
    private let path: String
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
        path = directory.path + "keys"
    }

    private func run(_ words: String...) -> String? {
        let arguments = ["key"] + words.prefix(1) + ["--file", path] + words.dropFirst()
        return Interleaved.failure(of: arguments)?.text
    }

    @Test("A key is made with what was asked for, and taken back")
    func life() throws {
        #expect(run("add", "--name", "a", "--rights", "generate", "--running", "2") == nil)
        #expect(run("add", "--name", "b", "--tenant", "a", "--expires", "2099-01-31") == nil)
        let keys = try KeyFile(path: path).keys
        #expect(keys.map(\.name) == ["a", "b"] && keys.map(\.tenant) == ["a", "a"])
        #expect(keys[0].rights == [.generate] && keys[0].limits.running == 2)
        #expect(keys[1].expires.map(Timestamp.text) == "2099-01-31T00:00:00Z")
        #expect(run("revoke", "--name", "a") == nil)
        #expect(try KeyFile(path: path).keys.map { $0.revoked != nil } == [true, false])
        #expect(run("list") == nil)
    }

    @Test(
        "What is wrong is told with its flag",
        arguments: [
            (["--name", "a b"], "--name: may have letters"),
            (
                ["--name", "a", "--rights", "read,write"],
                "--rights: \"write\" is none of read, generate"
            ),
            (["--name", "a", "--running", "0"], "--running: \"0\" is not between 1 and"),
            (["--name", "a", "--expires", "soon"], "--expires: \"soon\" is neither a day"),
            (["--name", "a", "--expires", "2020-01-01"], "--expires: \"2020-01-01\" is over"),
        ]
    )
    func faults(flags: [String], words: String) {
        let text = Interleaved.failure(of: ["key", "add", "--file", path] + flags)?.text
        #expect(text?.contains(words) == true, "\(text ?? "")")
        #expect(!Folder.hasEntry(path))
    }

    @Test("Usage is that of the file beside the keys")
    func usage() throws {
        #expect(run("add", "--name", "a") == nil)
        #expect(run("usage")?.contains("keys.usage: no daemon has written it yet") == true)
        try UsageFile(totals: ["a": KeyUsage()]).write(to: UsageFile.path(beside: path))
        #expect(run("usage") == nil)
        #expect(run("usage", "--name", "c")?.contains("there is no key \"c\"") == true)
        var usage = KeyUsage()
        usage.tokenCount = 12
        let table = KeyTables.usage(
            try KeyFile(path: path).keys,
            UsageFile(totals: ["a": usage])
        )
        #expect(table.rows == [["a", "0", "0", "12", "0", "0.0"]])
    }
}
