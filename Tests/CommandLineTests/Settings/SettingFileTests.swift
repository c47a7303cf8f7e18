import TestSupport
import Testing

@testable import CommandLine

@Suite struct SettingFileTests {
    /// The faults of a file with these lines, without its path.
    private func faults(_ text: String, flags: [String: String] = [:]) throws -> [String] {
        let directory = try TemporaryDirectory()
        let path = try directory.write(Array(text.utf8), to: "a.yaml")
        return EffectiveSettings(file: path, environment: [:], flags: flags).faults
            .map { $0.description.replacing(path, with: "a") }
    }

    @Test("Every fault is told at once, with its line and setting")
    func all() throws {
        let text = """
            # a comment
            port: http
            max_queu: 3
            workers: 2
            max_queue: [1, 2]
            heartbeat: 1ms
            workers: 3
            kv_cache_bytes: 5TiB
            log_level: loud
            """
        #expect(
            try faults(text, flags: ["max_steps": "0"]) == [
                "a:2: port: \"http\" is not a whole number",
                "a:3: \"max_queu\" is no setting; did you mean \"max_queue\"?",
                "a:5: max_queue: must have a single value",
                "a:6: heartbeat: \"1ms\" is not between 100ms and 24h",
                "a:7: workers: stands in line 4 already",
                "a:8: kv_cache_bytes: \"5TiB\" is not a number of bytes, such as 512KiB",
                "a:9: log_level: \"loud\" is none of trace, debug, info, notice, warning, error, critical",
                "--max-steps: \"0\" is not between 1 and 1000",
            ]
        )
    }

    @Test(
        "A file that is no mapping of settings is refused with the line",
        arguments: [
            ("port", "a:1: must be a mapping of settings to values"),
            ("- port: 1", "a:1: must be a mapping of settings to values"),
            (
                "port: 1\n  host: 2",
                "a:2: is no YAML: mapping values are not allowed in this context"
            ),
            ("port: \"1", "a:1: is no YAML: found unexpected end of stream"),
            ("{port: 1, port: 2}", "a:1: port: stands in the file twice"),
            ("[1]: 2", "a:1: must be the name of a setting"),
            ("port:", "a:1: port: \"\" is not a whole number"),
        ]
    )
    func form(text: String, fault: String) throws {
        #expect(try faults(text) == [fault])
    }

    @Test("A file of comments sets nothing", arguments: ["", "# port: 1\n", "---\n", "{}"])
    func empty(text: String) throws {
        #expect(try faults(text).isEmpty)
    }

    @Test("A file that cannot be read is one fault")
    func unreadable() {
        let settings = EffectiveSettings(file: "/nowhere.yaml", environment: [:], flags: [:])
        #expect(
            settings.faults.map(\.description) == [
                "/nowhere.yaml: cannot be read: No such file or directory"
            ]
        )
    }

    @Test("A later layer is stronger, and what it hides is checked all the same")
    func strength() throws {
        #expect(try faults("port: 1", flags: ["port": "2"]).isEmpty)
        #expect(
            try faults("port: x", flags: ["port": "2"]) == [
                "a:1: port: \"x\" is not a whole number"
            ]
        )
    }

    @Test("A setting whose bound is faulty is not blamed for it")
    func faultyBound() throws {
        #expect(try faults("max_images: 16\nmax_drawings: x").count == 1)
    }

    @Test("Names and values of any length are told in short")
    func long() throws {
        let long = String(repeating: "x", count: 100_000)
        #expect(try faults("\(long): 1\nport: \(long)").allSatisfy { $0.count < 300 })
    }
}
