import ArgumentParser
import Files
import MMInterleaved
import Tokenization

/// Turns text into token ids, or ids into text.
struct Tokenize: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Turn text into token ids, or token ids into text."
    )

    @Option(help: "Model directory or file, or name of a model that is installed.")
    var model = ModelCatalog.defaultName

    @Flag(help: "The arguments are token ids; print their text.")
    var decode = false

    @Flag(help: "Take <s>, </s>, <unk>, <|beginofimage|> and <|image|> in the text for the tokens.")
    var special = false

    @Flag(help: "Print the ids as one JSON list instead of a line per token.")
    var json = false

    @Argument(help: "Text, or token ids with --decode; standard input if left out.")
    var input: [String] = []

    func validate() throws {
        if decode { try refuse(["--json": json], "goes without --decode, which prints text") }
    }

    func run() throws {
        let tokenizer = try ModelCatalog.model(model).tokenizer()
        let text = try input.isEmpty ? standardInput() : input.joined(separator: " ")
        if decode {
            let ids = try text.split(whereSeparator: { ", []\n\t".contains($0) }).map { word in
                guard let id = Int(word) else { throw ValidationError("\(word) is not a token id") }
                return id
            }
            print(try tokenizer.decode(ids, skipsSpecialTokens: !special))
            return
        }
        let ids = try tokenizer.encode(text, parsesSpecialTokens: special)
        if json {
            print("[\(ids.map(String.init).joined(separator: ", "))]")
        } else {
            for id in ids { print("\(id)\t\(tokenizer.piece(of: id) ?? "")") }
        }
    }

    private static let maximumInputByteCount = 64 << 20

    private func standardInput() throws -> String {
        try File.readText("-", maximumByteCount: Self.maximumInputByteCount)
    }
}
