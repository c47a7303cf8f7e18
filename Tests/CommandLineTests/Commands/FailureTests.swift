import ArgumentParser
import Files
import Glibc
import MMInterleaved
import TestSupport
import Testing

@testable import CommandLine

/// Commands with wrong input: what they tell, and their exit status.
///
/// Words in `arguments` with `{}` name the test's own folder, which has a folder `folder`, a file `text` of words, and
/// `bad.json`.
@Suite("Failures of commands")
struct FailureTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
        try Folder.make(directory.path + "folder")
        try directory.write(Array("some words\n".utf8), to: "text")
        try directory.write(Array("{\"input\": 1}".utf8), to: "bad.json")
        let input = #"{"input": [{"type": "text", "text": "a"}]}"#
        try directory.write(Array(input.utf8), to: "good.json")
        try directory.write(Array("seconds,kind\n".utf8), to: "bad.csv")
    }

    private func failure(_ line: String) -> (text: String, status: Int32) {
        let arguments = line.split(separator: " ").map { word in
            word == "\"\"" ? "" : word.replacing("{}/", with: directory.path)
        }
        guard let failure = Interleaved.failure(of: arguments.map { String($0) }) else {
            return ("", 0)
        }
        return (failure.text.replacing(directory.path, with: "{}/"), failure.status)
    }

    @Test(
        "A file that cannot be read is named with the reason, status 1",
        arguments: [
            ("generate --request {}/absent --output {}/out", "{}/absent"),
            ("generate --input @{}/absent --output {}/out", "{}/absent"),
            ("generate --annotations {}/absent --output {}/out", "{}/absent"),
            ("score --request {}/absent", "{}/absent"),
            ("score --input @{}/absent --option a", "{}/absent"),
            ("sheet --output {}/out.png {}/absent", "{}/absent"),
            ("simulate --trace {}/absent", "{}/absent"),
            ("simulate --costs {}/absent", "{}/absent"),
            ("bench serve --trace {}/absent", "{}/absent"),
            (
                "import --checkpoint {}/text --assets {}/folder --config {}/absent --output {}/out",
                "{}/absent"
            ),
            ("config check --config {}/absent", "{}/absent"),
        ]
    )
    func absent(line: String, path: String) {
        let found = failure(line)
        #expect(found.text == "Error: \(path): cannot be read: No such file or directory")
        #expect(found.status == 1)
    }

    @Test(
        "A folder where a file should be is told so, status 1",
        arguments: [
            "generate --request {}/folder --output {}/out", "score --request {}/folder",
            "generate --annotations {}/folder --output {}/out",
            "sheet --output {}/out.png {}/folder", "simulate --trace {}/folder",
            "simulate --costs {}/folder", "bench serve --trace {}/folder",
            "import --checkpoint {}/text --assets {}/folder --config {}/folder --output {}/out",
            "config check --config {}/folder",
        ]
    )
    func folder(line: String) {
        let found = failure(line)
        #expect(found.text == "Error: {}/folder: cannot be read: Is a directory")
        #expect(found.status == 1)
    }

    @Test(
        "A model that is not there is told the same by every command, status 1",
        arguments: [
            "generate --input a --output {}/out", "score --input a --option b", "tokenize a",
            "inspect",
            "eval", "bench serve",
        ]
    )
    func model(line: String) {
        let flag = line == "inspect" ? "" : "--model "
        let absent = failure("\(line) \(flag){}/absent")
        #expect(absent.text == "Error: there is no model \"{}/absent\"")
        #expect(absent.status == 1)
        let named = failure("\(line) \(flag)absent")
        #expect(named.text.hasPrefix("Error: there is no model \"absent\": looked for it in "))
        #expect(named.status == 1)
        #expect(failure("\(line) \(flag)\"\"").text.hasPrefix("Error: there is no model \"\""))
        let folder = failure("\(line) \(flag){}/folder")
        #expect(folder.text.hasPrefix("Error: {}/folder"))
        #expect(folder.status == 1)
    }

    @Test("A shape that is not there is told with those that are, status 1")
    func shape() {
        for line in ["init --output {}/out", "bench", "bench serve"] {
            let found = failure("\(line) --shape absent")
            #expect(found.text.hasPrefix("Error: there is no shape \"absent\"; known are "))
            #expect(found.status == 1)
        }
    }

    @Test("A model whose configuration is none is told so, after its weights")
    func brokenConfiguration() throws {
        let header: [UInt8] = [2, 0, 0, 0, 0, 0, 0, 0] + Array("{}".utf8)
        try Folder.make(directory.path + "broken")
        try directory.write(Array("{".utf8), to: "broken/config.json")
        try directory.write(header, to: "broken/model.safetensors")
        let found = failure("inspect {}/broken")
        #expect(found.text.hasPrefix("Error: {}/broken/config.json: "), "\(found.text)")
        #expect(found.status == 1)
    }

    @Test("A tokenizer that is none is named")
    func brokenTokenizer() throws {
        let directory = try ModelDirectory(path: ModelCatalog.path(ModelCatalog.defaultName))
        let bytes = try ModelDirectory.encode(directory.configuration)
        try Folder.make(self.directory.path + "broken")
        try self.directory.write(bytes, to: "broken/config.json")
        for content in [[], Array("words".utf8)] {
            try self.directory.write(content, to: "broken/tokenizer.model")
            let found = failure("tokenize --model {}/broken a")
            let start = "Error: {}/broken/tokenizer.model: \(content.count) bytes are not"
            #expect(found.text.hasPrefix(start), "\(found.text)")
            #expect(!found.text.contains(".cc"))
        }
    }

    @Test(
        "What is no file in place of one of a model is named, and never waited for",
        .timeLimit(.minutes(1)),
        arguments: [
            ("inspect {}/m", "config.json"), ("tokenize --model {}/m a", "tokenizer.model"),
            ("inspect {}/m", "model.safetensors"),
            ("inspect --check {}/m", "model.safetensors.sha256"),
        ]
    )
    func specialFiles(line: String, name: String) throws {
        let nano = try ModelCatalog.path(ModelCatalog.defaultName)
        let model = directory.path + "m"
        func put(_ make: (String) -> Int32) throws {
            if Folder.hasEntry(model) { try Folder.remove(model) }
            try Folder.make(model)
            for other in try Folder.entries(of: nano) where other != name {
                #expect(unsafe symlink("\(nano)/\(other)", "\(model)/\(other)") == 0)
            }
            #expect(make("\(model)/\(name)") == 0)
        }
        for make in [
            { unsafe mkfifo($0, 0o600) }, { unsafe mkdir($0, 0o700) },
            { unsafe symlink("/dev/zero", $0) },
        ] as [(String) -> Int32] {
            try put(make)
            let found = failure(line)
            #expect(found.text.hasPrefix("Error: {}/m/\(name): "), "\(found.text)")
            #expect(found.status == 1)
        }
    }

    @Test(
        "A pipe that nobody writes to is told so by every command that reads a file",
        .timeLimit(.minutes(1)),
        arguments: [
            "generate --request {}/pipe --output {}/out", "score --request {}/pipe",
            "generate --input @{}/pipe --output {}/out", "config check --config {}/pipe",
            "generate --annotations {}/pipe --output {}/out",
            "sheet --output {}/out.png {}/pipe", "simulate --trace {}/pipe",
            "simulate --costs {}/pipe", "bench serve --trace {}/pipe",
            "import --checkpoint {}/text --assets {}/folder --config {}/pipe --output {}/out",
        ]
    )
    func emptyPipe(line: String) {
        #expect(unsafe mkfifo(directory.path + "pipe", 0o600) == 0)
        let found = failure(line)
        #expect(found.text == "Error: {}/pipe: cannot be read: Nobody writes to this pipe")
        #expect(found.status == 1)
    }

    @Test("An option without words cannot be scored")
    func emptyOption() {
        let found = failure("score --input a --option b --option \"\"")
        #expect(found.text.contains("--option must not be empty") && found.status == 64)
    }

    @Test(
        "Input that is none is named with what is wrong, status 1",
        arguments: [
            ("generate --request {}/text --output {}/out", "{}/text: "),
            ("generate --request {}/bad.json --output {}/out", "{}/bad.json: input"),
            ("generate --annotations {}/bad.json --output {}/out", "{}/bad.json: is no list"),
            ("score --request {}/bad.json", "{}/bad.json: "),
            ("sheet --output {}/out.png {}/bad.json", "{}/bad.json: "),
            ("simulate --trace {}/bad.csv", "{}/bad.csv:1: expected the header"),
            ("bench serve --trace {}/bad.csv", "{}/bad.csv:1: expected the header"),
            ("simulate --costs {}/bad.json", "{}/bad.json: are no costs"),
            ("inspect {}/text", "{}/text: "),
            (
                "import --checkpoint {}/absent --assets {}/folder --output {}/out",
                "{}/absent: is not a whole release"
            ),
            ("import --checkpoint {}/text --assets {}/folder --output {}/out", "{}/"),
        ]
    )
    func malformed(line: String, start: String) {
        let found = failure(line)
        #expect(found.text.hasPrefix("Error: \(start)"), "\(found.text)")
        #expect(found.status == 1)
    }

    @Test(
        "Output that cannot be written is named with the reason, status 1",
        arguments: [
            (
                "sheet --output {}/absent/out.png {}/good.json",
                "{}/absent/out.png: cannot be written: No such file or directory"
            ),
            (
                "simulate --duration 1 --write-trace {}/folder",
                "{}/folder: cannot be written: Is a directory"
            ),
            ("init --shape small --output {}/folder", "{}/folder: "),
        ]
    )
    func unwritable(line: String, words: String) {
        let found = failure(line)
        #expect(found.text.hasPrefix("Error: \(words)"), "\(found.text)")
        #expect(found.status == 1)
    }

    @Test(
        "Output that cannot be written is told before the input is read",
        arguments: [
            "sheet --output {}/absent/out.png {}/absent.json",
            "simulate --trace {}/absent.csv --write-trace {}/absent/out.png",
        ]
    )
    func unwritableFirst(line: String) {
        let found = failure(line)
        let reason = "cannot be written: No such file or directory"
        #expect(found.text == "Error: {}/absent/out.png: \(reason)")
    }

    @Test("A daemon that is not there is told the same by every command, status 1")
    func noDaemon() {
        // Nothing listens on the port of discarded bytes.
        for line in ["eval --url http://127.0.0.1:9", "bench serve --url http://127.0.0.1:9"] {
            let found = failure(line)
            #expect(
                found.text.hasPrefix("Error: http://127.0.0.1:9: no daemon answers: "),
                "\(found.text)"
            )
            #expect(found.text.contains("Connection refused"))
            #expect(found.status == 1)
        }
    }

    @Test(
        "A URL that is none is wrong usage",
        arguments: [
            "h:1", "ftp://h:1", "http://", "http://h:x", "http://h:1/path", "http://h:99999",
            "\"\"",
        ]
    )
    func badURL(url: String) {
        for command in ["eval", "bench serve"] {
            let found = failure("\(command) --url \(url)")
            #expect(found.text.hasPrefix("Error: --url: "), "\(found.text)")
            #expect(found.text.contains("See 'interleaved \(command) --help'"))
            #expect(found.status == 64)
        }
    }

    @Test(
        "A number outside of its range is wrong usage, in one wording",
        arguments: [
            (
                "generate --input a --output o --workers=-1",
                "--workers: \"-1\" is not between 0 and 1024"
            ),
            (
                "score --input a --option b --workers 5000",
                "--workers: \"5000\" is not between 0 and 1024"
            ),
            ("bench --shape nano --iterations 0", "--iterations: \"0\" is not between 1 and 1000"),
            ("bench --shape nano --workers=-2", "--workers: \"-2\" is not between 0 and 1024"),
            ("bench serve --concurrency 0", "--concurrency: \"0\" is not between 1 and 4096"),
            ("bench serve --rate nan", "--rate: \"nan\" is not between 0.001 and 100000.0"),
            ("bench serve --timeout inf", "--timeout: \"inf\" is not between 0.1 and 3600.0"),
            (
                "bench serve --target-ttft inf",
                "--target-ttft: \"inf\" is not between 0.0 and 1000000000.0"
            ),
            ("eval --count 0", "--count: \"0\" is not between 1 and 100000"),
            ("eval --guidance-scale nan", "--guidance-scale: \"nan\" is not between 0.0 and 100.0"),
            ("simulate --rate 0", "--rate: \"0.0\" is not between 1e-06 and 10000000.0"),
            ("simulate --blocks 0", "--blocks: \"0\" is not between 1 and 10000000"),
            (
                "simulate --rows 9000000000000000000",
                "--rows: \"9000000000000000000\" is not between 5 and 1000000"
            ),
            (
                "simulate --decode-wait nan",
                "--decode-wait: \"nan\" is not between 0.0 and 3600000.0"
            ),
            ("serve --port 65536", "--port: \"65536\" is not between 0 and 65535"),
        ]
    )
    func range(line: String, words: String) {
        let found = failure(line)
        #expect(found.text.hasPrefix("Error: \(words)\nUsage: interleaved "), "\(found.text)")
        #expect(found.text.contains("\n  See 'interleaved "))
        #expect(found.status == 64)
    }

    @Test(
        "Wrong settings are wrong usage of the daemon, and a failed check",
        arguments: [("serve", Int32(64)), ("config check", 1), ("config show", 1)]
    )
    func settings(command: String, status: Int32) {
        let found = failure("\(command) --max-queue x --log-level loud")
        let lines = found.text.split(separator: "\n")
        #expect(
            lines.prefix(2) == [
                "Error: 2 faults in the settings:",
                "  --log-level: \"loud\" is none of trace, debug, info, notice, warning, error, critical",
            ]
        )
        #expect(found.status == status)
    }

    @Test("A flag that is nearly one of ours is told which")
    func suggests() {
        let found = failure("serve --max-queu 3")
        #expect(
            found.text.hasPrefix("Error: Unknown option '--max-queu'. Did you mean '--max-queue'?"),
            "\(found.text)"
        )
        #expect(found.status == 64)
    }
}
