import Checkpoints
import ModelTestSupport
import Tensors
import TestSupport
import Testing
import Tokenization

@testable import MMInterleaved

@Suite("Model file")
struct ModelFileTests {
    private let stored: StoredTinyModel

    init() throws {
        stored = try StoredTinyModel()
    }

    @Test(
        "A file answers with the bits of its directory",
        arguments: [
            FormatPolicy(.w8a8), FormatPolicy(.w4a8), FormatPolicy(.bf16), .f32,
            FormatPolicy(.w8a8, overrides: [.init("text_decoder.head.weight", .bf16)]),
            FormatPolicy(.w4a8, overrides: [.init("down_proj.weight", .f32)]),
        ]
    )
    func sameBits(formats: FormatPolicy) throws {
        let model = try StoredModel(path: stored.write(formats))
        #expect(model.configuration == stored.directory.configuration)
        let words = try [model.tokenizer(), stored.directory.tokenizer()].map {
            try $0.encode("a dog", parsesSpecialTokens: true)
        }
        #expect(words[0] == words[1])
        try model.verifyChecksums()
        var shares: [Double] = []
        let answers = try StoredTinyModel.answers(try model.load { shares.append($0.share) })
        #expect(shares == shares.sorted() && shares.last == 1)
        let expected = try StoredTinyModel.answers(stored.directory.load(formats: formats))
        #expect(answers == expected)
        #expect(!answers.joined().contains { !$0.isFinite })
    }

    @Test("Weights are stored as what they are rounded to, and read without being rounded again")
    func types() throws {
        let file = try ModelFile(path: stored.write(FormatPolicy(.w4a8)))
        let types = [
            "mm_decoder.layers.0.self_attn.q_proj.weight": GGUFTensorType.q4x0,
            "mm_decoder.layers.1.mlp.down_proj.weight": .q4x0,
            "text_decoder.head.weight": .q8x0,
            "text_decoder.head_new.weight": .float32,
            "visual_tokenizer.encoder.vision_model.encoder.layers.0.mlp.fc1.weight": .q8x0,
            "image_decoder.decoder.unet.mid_block.resnets.0.conv1.weight": .q8x0,
            "mm_decoder.norm.weight": .float32,
        ]
        for (name, type) in types { #expect(file.weights.stored(name)?.type == type, "\(name)") }
        let convolution = "image_decoder.decoder.unet.mid_block.resnets.0.conv1.weight"
        #expect(file.weights.tensors[convolution]?.shape == [32, 32, 3, 3])
        #expect(file.weights.stored(convolution)?.description.shape == [32, 3, 3, 32])
        let ledger = Parameters(from: NoParameters(), formats: FormatPolicy(.w4a8))
        _ = try InterleavedModel(ledger, file.configuration)
        for parameter in ledger.ledger.asked {
            guard let form = ledger.ledger.layers[parameter.name] else { continue }
            let rows = try file.weights.integerRows(of: parameter, form)
            #expect((rows != nil) == (IntegerBlocks.type(for: form) != nil), "\(parameter.name)")
        }
    }

    @Test("A rotated weight is near the directory's when it is read as numbers")
    func restored() throws {
        let file = try ModelFile(path: stored.write(FormatPolicy(.w8a8)))
        let reader = try stored.directory.openWeights()
        for name in [
            "mm_decoder.layers.0.mlp.up_proj.weight",
            "image_decoder.decoder.unet.mid_block.resnets.0.conv1.weight",
        ] {
            let description = try file.weights.description(of: name)
            #expect(description.shape == reader.tensors[name]?.shape)
            func numbers(_ reader: any CheckpointReader) throws -> [Float] {
                let matrix = Matrix(rows: 1, columns: description.elementCount)
                let parameter = ParameterDescription(name: name, shape: description.shape)
                try CheckpointParameters(reader).read(parameter, into: matrix)
                return matrix.toArray()
            }
            let error = StoredTinyModel.error(try numbers(file.weights), try numbers(reader))
            #expect(error < 2e-4, "\(name)")
        }
    }

    @Test("Another profile than the file's is refused, none is the file's")
    func profiles() throws {
        let model = try StoredModel(path: stored.write(FormatPolicy(.w8a8)))
        _ = try model.load(formats: FormatPolicy(.w8a8))
        let error = #expect(throws: ModelDirectoryError.self) {
            _ = try model.load(formats: FormatPolicy(.bf16))
        }
        #expect(error?.detail.contains("w8a8") == true)
    }

    @Test(
        "An override that decides nothing is refused",
        arguments: ["absent.weight", "k_proj.weight", "mm_decoder.norm.weight"]
    )
    func overrides(name: String) throws {
        let override = FormatPolicy.Override(name, .f32)
        let error = #expect(throws: ModelDirectoryError.self) {
            _ = try ModelFileWriter(
                stored.directory,
                formats: FormatPolicy(.w8a8, overrides: [override])
            )
        }
        #expect(error?.detail.contains(name) == true)
    }

    @Test("A weight that is no number is named, and nothing is written")
    func notFinite() throws {
        let broken = try StoredTinyModel(broken: "mm_decoder.layers.0.mlp.down_proj")
        let error = #expect(throws: ModelDirectoryError.self) {
            _ = try broken.write(FormatPolicy(.w8a8))
        }
        #expect(error?.detail.contains("mm_decoder.layers.0.mlp.down_proj.weight") == true)
        #expect(try broken.temporary.fileNames() == ["tiny"])
    }

    // MARK: - Files of other programs

    /// Blocks as other programs make them: each with a scale of its own.
    private func ownScales(_ numbers: [Float]) -> [UInt8] {
        stride(from: 0, to: numbers.count, by: 32).flatMap { start -> [UInt8] in
            let block = numbers[start..<start + 32]
            let scale = Float16((block.map(abs).max() ?? 0) / 127)
            let bits = scale.bitPattern
            let bytes = block.map {
                UInt8(bitPattern: Int8(scale == 0 ? 0 : ($0 / Float(scale)).rounded()))
            }
            return [UInt8(truncatingIfNeeded: bits), UInt8(bits >> 8)] + bytes
        }
    }

    @Test("Blocks with scales of their own are read as numbers, and rounded as the profile says")
    func foreignBlocks() throws {
        let path = try stored.write(FormatPolicy(.w8a8))
        let file = try GGUFFile(path: path)
        let copy = try stored.copy(
            path,
            tensor: { tensor in
                guard tensor.type == .q8x0 else { return nil }
                let numbers = Matrix(rows: 1, columns: tensor.description.elementCount)
                try file.withBytes(of: tensor.description.name) {
                    numbers.copy(from: $0, format: .float32)
                }
                return (.q8x0, tensor.description.shape, ownScales(numbers.toArray()))
            }
        )
        let parameter = ParameterDescription(
            name: "mm_decoder.layers.0.self_attn.q_proj.weight",
            shape: [64, 64]
        )
        let form = LayerForm(format: .int8, channels: 64)
        #expect(try ModelFile(path: path).weights.integerRows(of: parameter, form) != nil)
        #expect(try ModelFile(path: copy).weights.integerRows(of: parameter, form) == nil)
        let answers = try StoredTinyModel.answers(StoredModel(path: copy).load())
        let expected = try StoredTinyModel.answers(StoredModel(path: path).load())
        for (actual, expected) in zip(answers, expected) {
            #expect(StoredTinyModel.error(actual, expected) < 0.05)
        }
    }

    @Test("A file without profile and rotation is a model in whatever precision is asked for")
    func plainNumbers() throws {
        let path = try stored.write(FormatPolicy(.w8a8))
        let weights = try ModelFile(path: path).weights
        let copy = try stored.copy(
            path,
            keys: {
                $0[ModelFileKeys.profile] = nil
                $0[ModelFileKeys.rotatedTensors] = nil
            },
            tensor: { tensor in
                guard tensor.type == .q8x0 else { return nil }
                let name = TensorNames.name(ofShort: tensor.description.name)
                let shape = try weights.description(of: name).shape
                let bytes = try weights.withBytes(of: name) { span in
                    unsafe span.withUnsafeBytes { unsafe [UInt8]($0) }
                }
                return (.float32, shape, bytes)
            }
        )
        let model = try StoredModel(path: copy)
        for formats in [FormatPolicy.f32, FormatPolicy(.w8a8)] {
            let parameters = Parameters(from: CheckpointParameters(weights), formats: formats)
            let expected = try InterleavedModel(parameters, model.configuration)
            let answers = try StoredTinyModel.answers(model.load(formats: formats))
            #expect(try answers == StoredTinyModel.answers(expected))
        }
    }

    // MARK: - Damaged keys

    private static let damages: [(key: String, value: GGUFValue?, words: String)] = [
        (ModelFileKeys.architecture, nil, "is missing"),
        (ModelFileKeys.architecture, .string("llama"), "is `llama`"),
        (ModelFileKeys.configuration, nil, "is missing"),
        (ModelFileKeys.configuration, .integer(1), "is an integer, a string is expected"),
        (ModelFileKeys.configuration, .string("{"), "is no acceptable JSON"),
        (ModelFileKeys.configuration, .string(String(repeating: " ", count: 1 << 21)), "1048576"),
        (ModelFileKeys.tokenizer, nil, "is missing"),
        (ModelFileKeys.tokenizer, .string("a"), "an array of bytes is expected"),
        (ModelFileKeys.profile, .string("w1a1"), "is `w1a1`, known are"),
        (ModelFileKeys.overrides, .array([.string("a")]), "holds `a`"),
        (ModelFileKeys.overrides, .array([.integer(1)]), "holds an integer among strings"),
        (ModelFileKeys.rotationGroups, nil, "holds []"),
        (ModelFileKeys.rotationGroups, .array([.integer(128)]), "holds [128]"),
        (ModelFileKeys.rotatedTensors, .array([.string("absent")]), "`absent`"),
        (ModelFileKeys.rotatedTensors, .array([.string("llm.norm.weight")]), "cannot be"),
        (ModelFileKeys.tensorNames, .array([.string("absent")]), "names `absent`"),
        (ModelFileKeys.tensorNames, .array([.string("soi_token")]), "lacks `"),
    ]

    @Test("A key that is damaged is named, with what is wrong with it")
    func damagedKeys() throws {
        let path = try stored.write(FormatPolicy(.w8a8))
        for (key, value, words) in Self.damages {
            let copy = try stored.copy(path, keys: { $0[key] = value })
            do {
                _ = try ModelFile(path: copy)
                Issue.record("\(key): \(words)")
            } catch {
                #expect("\(error)".contains(copy), "\(error)")
                #expect("\(error)".contains(words), "\(error)")
                #expect(error is CheckpointError || "\(error)".contains(key), "\(error)")
            }
        }
    }

    @Test("A tokenizer that is none, and tensors of another shape, are named")
    func damagedContents() throws {
        let path = try stored.write(FormatPolicy(.w8a8))
        let tokenless = try stored.copy(
            path,
            keys: { $0[ModelFileKeys.tokenizer] = .bytes([1, 2, 3]) }
        )
        let error = #expect(throws: ModelDirectoryError.self) {
            _ = try StoredModel(path: tokenless).tokenizer()
        }
        #expect(error?.path.contains(ModelFileKeys.tokenizer) == true)
        let misshaped = try stored.copy(
            path,
            tensor: { tensor in
                guard tensor.description.name == "llm.norm.weight" else { return nil }
                return (.float32, [3], [UInt8](repeating: 0, count: 12))
            }
        )
        let mismatch = #expect(throws: ParameterMismatch.self) {
            _ = try StoredModel(path: misshaped).load()
        }
        #expect(mismatch?.misshaped.first?.expected.name == "mm_decoder.norm.weight")
    }

    @Test("What is no model file is told so")
    func otherFiles() throws {
        let path = try stored.temporary.write(Array("some words, no model".utf8), to: "words")
        let error = #expect(throws: CheckpointError.self) { _ = try StoredModel(path: path) }
        #expect(error?.detail.contains("GGUF") == true)
        #expect(throws: ModelDirectoryError.self) {
            _ = try StoredModel(path: stored.temporary.path + "absent")
        }
    }

    @Test("A tensor that was changed is found by its checksum")
    func checksums() throws {
        let path = try stored.write(FormatPolicy(.w8a8))
        let changed = try stored.copy(
            path,
            tensor: { tensor in
                guard tensor.description.name == "soi_token" else { return nil }
                let shape = tensor.description.shape
                return (.float32, shape, [UInt8](repeating: 1, count: 4 * shape.reduce(1, *)))
            }
        )
        try stored.temporary.replace("copy.gguf.sha256", with: "w8a8.gguf.sha256")
        let error = #expect(throws: CheckpointError.self) {
            try StoredModel(path: changed).verifyChecksums()
        }
        #expect(error?.kind == .checksumMismatch)
        #expect(error?.detail.hasSuffix(": soi_token") == true)
    }
}

extension TemporaryDirectory {
    /// Gives a file the contents of another.
    fileprivate func replace(_ name: String, with other: String) throws {
        let file = try MappedFile(path: path + other)
        try write(file.copyBytes(in: 0..<file.byteCount), to: name)
    }
}
