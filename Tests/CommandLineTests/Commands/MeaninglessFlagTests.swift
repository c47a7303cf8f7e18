import ArgumentParser
import Testing

@testable import CommandLine

@Suite struct MeaninglessFlagTests {
    /// A command line and the flag in it that would have no say.
    @Test(
        "A flag that has no say is refused by its name",
        arguments: [
            ("generate --input a --output o --force-image", "--force-image"),
            ("generate --request r --output o --auto-end", "--auto-end"),
            ("generate --annotations a --output o --mode text", "--mode"),
            ("generate --annotations a --output o --template caption", "--template"),
            ("bench serve --url http://h:1 --workers 2", "--workers"),
            ("bench serve --url http://h:1 --max-queue 2", "--max-queue"),
            ("bench serve --rate 2 --concurrency 3", "--concurrency"),
            ("bench serve --trace t --requests 3", "--requests"),
            ("bench serve --trace t --mix caption=1", "--mix"),
            ("bench serve --trace t --duration 3", "--duration"),
            ("bench serve --duration 3", "--duration"),
            ("bench serve --load 3", "--load"),
            ("eval --url http://h:1 --workers 2", "--workers"),
            ("simulate --trace t --rate 3", "--rate"),
            ("simulate --trace t --mix caption=1", "--mix"),
            ("simulate --concurrency 2 --rate 3", "--rate"),
            ("simulate --concurrency 2 --trace t", "--trace"),
            ("simulate --requests 3", "--requests"),
            ("tokenize --decode --json 1", "--json"),
        ]
    )
    func refused(line: String, flag: String) {
        let arguments = line.split(separator: " ").map(String.init)
        let error = #expect(throws: (any Error).self) { try Interleaved.parseAsRoot(arguments) }
        let message = error.map { Interleaved.message(for: $0) } ?? ""
        #expect(message.hasPrefix("\(flag) goes with"), "\(message)")
    }

    @Test(
        "Flags that have a say are taken",
        arguments: [
            "bench serve --rate 2 --duration 3 --load 2 --mix caption=1",
            "bench serve --requests 2",
            "bench serve --trace t --load 2", "simulate --concurrency 2 --requests 3",
            "simulate --trace t --load 2", "eval --workers 2", "tokenize --json a",
            "generate --annotations a --output o --force-image --seed 1",
        ]
    )
    func taken(line: String) throws {
        _ = try Interleaved.parseAsRoot(line.split(separator: " ").map(String.init))
    }
}
