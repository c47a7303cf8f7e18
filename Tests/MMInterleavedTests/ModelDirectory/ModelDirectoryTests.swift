import Checkpoints
import Foundation
import ModelTestSupport
import Tensors
import TestSupport
import Testing
import Tokenization

@testable import MMInterleaved

@Suite("Model directory")
struct ModelDirectoryTests {
    private let temporary: TemporaryDirectory

    init() throws {
        temporary = try TemporaryDirectory()
    }

    private func writeConfiguration(_ change: (inout ModelConfiguration) -> Void = { _ in }) throws
    {
        var configuration = TinyModel.configuration
        change(&configuration)
        try temporary.write(ModelDirectory.encode(configuration), to: "config.json")
    }

    /// Writes weights: all that the model needs, with changes.
    private func writeWeights(
        _ change: (inout [ParameterDescription]) -> Void = { _ in }
    ) throws {
        var parameters = try InterleavedModel.parameters(of: TinyModel.configuration)
        change(&parameters)
        let writer = try SafetensorsWriter.begin(
            path: temporary.path + "model.safetensors",
            tensors: parameters.map {
                try TensorDescription(name: $0.name, elementType: .float32, shape: $0.shape)
            },
            metadata: [:]
        )
        for parameter in parameters {
            let numbers = Matrix(rows: 1, columns: parameter.count)
            try RandomParameters(seed: 1).read(parameter, into: numbers)
            let bytes = numbers.bytes(as: .float32)
            try unsafe writer.append(bytes.span.bytes, to: parameter.name)
        }
        try writer.finish()
    }

    @Test("A written model is the one that is read")
    func roundTrip() throws {
        try writeConfiguration()
        try writeWeights()
        let directory = try ModelDirectory(path: temporary.path)
        #expect(directory.configuration == TinyModel.configuration)
        var progress: [LoadProgress] = []
        let model = try directory.load { progress.append($0) }
        let shares = progress.map(\.share)
        #expect(shares == shares.sorted() && shares.last == 1)
        #expect(progress.map(\.packedCount) == Array(0..<progress.count))
        #expect(progress.allSatisfy { $0.totalCount == progress.count - 1 })
        let compute = Compute(workerCount: 1)
        let expected = try TinyModel.make().visualTokenizer.encode(
            [TinyModel.pixels(seed: 1)],
            compute
        )[0]
        let actual = model.visualTokenizer.encode([TinyModel.pixels(seed: 1)], compute)[0]
        #expect(actual.tokens.toArray() == expected.tokens.toArray())
    }

    @Test("A directory without a configuration is named")
    func missing() throws {
        let error = try #require(throws: ModelDirectoryError.self) {
            try ModelDirectory(path: temporary.path)
        }
        #expect(error.path.hasSuffix("config.json"))
        #expect(error.description.contains("model directory"))
        #expect(throws: ModelDirectoryError.self) {
            try ModelDirectory(path: temporary.path + "nowhere")
        }
    }

    @Test(
        "A configuration that is no configuration is refused",
        arguments: ["", "null", "[]", "{}", "{\"format_version\": \"1\"}", "\u{0}\u{1}", "{"]
    )
    func garbage(text: String) throws {
        try temporary.write(Array(text.utf8), to: "config.json")
        let error = try #require(throws: ModelDirectoryError.self) {
            try ModelDirectory(path: temporary.path)
        }
        #expect(!error.detail.isEmpty)
    }

    @Test("A missing and a mistyped field are named by their path")
    func fields() throws {
        let text = String(
            decoding: try ModelDirectory.encode(TinyModel.configuration),
            as: UTF8.self
        )
        let missing = text.replacing("\"rope_theta\"", with: "\"rope_theta_\"")
        try temporary.write(Array(missing.utf8), to: "config.json")
        let first = try #require(throws: ModelDirectoryError.self) {
            try ModelDirectory(path: temporary.path)
        }
        #expect(first.detail == "language_model.rope_theta is missing")
        let mistyped = text.replacing(
            "\"num_hidden_layers\": 4",
            with: "\"num_hidden_layers\": \"4\""
        )
        try temporary.write(Array(mistyped.utf8), to: "config.json")
        let second = try #require(throws: ModelDirectoryError.self) {
            try ModelDirectory(path: temporary.path)
        }
        #expect(
            second.detail
                == "vision_model.num_hidden_layers must be a whole number, not a string"
        )
    }

    @Test("A huge configuration is refused before it is parsed")
    func huge() throws {
        let blanks = [UInt8](repeating: 0x20, count: 1 << 20)
        let text = try ModelDirectory.encode(TinyModel.configuration)
        try temporary.write(Array(blanks.dropFirst(text.count)) + text, to: "config.json")
        _ = try ModelDirectory(path: temporary.path)
        try temporary.write([0x20] + blanks, to: "config.json")
        let error = try #require(throws: ModelDirectoryError.self) {
            try ModelDirectory(path: temporary.path)
        }
        #expect(error.detail.contains("1048576"))
    }

    @Test("Impossible sizes in a configuration are refused by the field")
    func impossible() throws {
        try writeConfiguration { $0.language.headCount = 5 }
        let error = try #require(throws: ModelConfigurationError.self) {
            try ModelDirectory(path: temporary.path)
        }
        #expect(error.field == "language_model.num_attention_heads")
    }

    @Test("Missing, misshaped and superfluous tensors are all listed at once")
    func mismatch() throws {
        try writeConfiguration()
        try writeWeights { parameters in
            parameters.removeAll { $0.name == "mm_decoder.norm.weight" }
            parameters.append(ParameterDescription(name: "lora.weight", shape: [2, 3]))
            if let index = parameters.firstIndex(where: { $0.name == "soi_token" }) {
                parameters[index] = ParameterDescription(name: "soi_token", shape: [1, 15])
            }
        }
        let error = try #require(throws: ParameterMismatch.self) {
            _ = try ModelDirectory(path: temporary.path).openWeights()
        }
        #expect(error.missing.map(\.name) == ["mm_decoder.norm.weight"])
        #expect(error.unexpected.map(\.name) == ["lora.weight"])
        #expect(error.misshaped.map(\.expected.name) == ["soi_token"])
        for part in [
            "mm_decoder.norm.weight [16]", "soi_token: expected [1, 16]", "[1, 15]", "lora",
        ] {
            #expect(error.description.contains(part), "\(part)")
        }
    }

    @Test("A long list of differences is cut and counted")
    func longList() throws {
        try writeConfiguration()
        try writeWeights { $0.removeSubrange(10..<60) }
        let error = try #require(throws: ParameterMismatch.self) {
            _ = try ModelDirectory(path: temporary.path).openWeights()
        }
        #expect(error.description.contains("missing tensors (50):"))
        #expect(error.description.contains("and 30 more"))
        #expect(error.description.split(separator: "\n").count == 22)
    }

    @Test("Weights that were cut off, or are none, are refused", arguments: [0, 7, 100, 5000, -1])
    func truncated(length: Int) throws {
        try writeConfiguration()
        try writeWeights()
        let path = temporary.path + "model.safetensors"
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        let kept = length < 0 ? bytes.count + length : length
        try temporary.write(Array(bytes.prefix(kept)), to: "model.safetensors")
        #expect(throws: CheckpointError.self) {
            _ = try ModelDirectory(path: temporary.path).load()
        }
    }

    @Test("A directory without weights is refused")
    func noWeights() throws {
        try writeConfiguration()
        #expect(throws: CheckpointError.self) {
            _ = try ModelDirectory(path: temporary.path).openWeights()
        }
    }
}
