internal import Checkpoints
internal import CommandLine
internal import Images
internal import MMInterleaved
internal import Tensors
internal import TestSupport
internal import Tokenization

/// Pictures: the size that the header tells is the size of the pixels.
func readPicture(_ bytes: [UInt8]) {
    let limits = ImageLimits(maximumPixelCount: 1 << 18)
    let header = try? ImageFileDecoder.header(of: bytes.span, limits: limits)
    guard let image = try? ImageFileDecoder.decode(bytes, limits: limits) else { return }
    guard let header else { fatalError("a picture without a header") }
    expect(image.width == header.width && image.height == header.height, "another size")
    expect(image.pixels.count == header.pixelCount * 3, "pixels that are too few or too many")
    guard let seen = try? ImageFileDecoder.decode(bytes, limits: limits, as: .seen) else {
        fatalError("a picture that can be decoded, but not be seen")
    }
    expect(seen.pixels.count == image.pixels.count, "pixels are lost on turning")
}

/// Files of weights: every tensor that they name can be read, or is refused.
func readWeights(_ bytes: [UInt8]) {
    withFile(bytes) { path in
        guard let reader = try? openCheckpoint(at: path) else { return }
        readTensors(reader)
    }
}

private func readTensors(_ reader: any CheckpointReader) {
    for name in reader.tensorNames {
        guard let description = reader.tensors[name] else {
            fatalError("a name without a tensor")
        }
        let count = try? reader.withBytes(of: name) { $0.byteCount }
        expect(count == nil || count == description.byteCount, "another number of bytes")
    }
}

/// GGUF files, with a model in them or without.
func readModelFile(_ bytes: [UInt8]) {
    readWeights(bytes)
    withFile(bytes) { path in
        guard let model = try? ModelFile(path: path) else { return }
        readTensors(model.weights)
        _ = try? model.tokenizer()
        for (name, description) in model.weights.tensors where description.shape.count == 2 {
            let parameter = ParameterDescription(name: name, shape: description.shape)
            for format in [WeightFormat.int8, .int4] where format.fits(inputs: parameter.shape[1]) {
                let form = LayerForm(format: format, channels: parameter.shape[1])
                _ = try? model.weights.integerRows(of: parameter, form)
            }
        }
    }
}

/// Pickles, inside of an archive that is right otherwise.
func readPickle(_ bytes: [UInt8]) {
    let storage = [UInt8](repeating: 1, count: 64)
    readWeights(PickleArchive(pickle: bytes, storages: ["0": storage]).encoded())
}

/// Model directories: the first byte says which file is given, the others are right.
func readModelDirectory(_ bytes: [UInt8]) {
    let path = Scratch.directory
    let names = [ModelDirectory.configurationName, "model.safetensors.index.json"]
    let name = names[Int(bytes.first ?? 0) % names.count]
    let content = bytes.dropFirst()
    if name == ModelDirectory.configurationName {
        Scratch.write(content, to: name)
        guard let directory = try? ModelDirectory(path: path) else { return }
        _ = try? InterleavedModel.parameters(
            of: directory.configuration,
            maximumElementCount: 1 << 20
        )
        // What was accepted is written as something that is accepted.
        guard let written = try? ModelDirectory.encode(directory.configuration) else { return }
        Scratch.write(written[...], to: name)
        expect(
            (try? ModelDirectory(path: path)) != nil,
            "a configuration that cannot be read again"
        )
    } else {
        Scratch.write(content, to: name)
        _ = try? openCheckpoint(at: path + "/" + name)
    }
}

/// Models of SentencePiece: what encodes a text decodes it.
func readTokenizer(_ bytes: [UInt8]) {
    guard let tokenizer = try? Tokenizer(modelBytes: bytes) else { return }
    let tokens = (try? tokenizer.encode("a red star", parsesSpecialTokens: true)) ?? []
    expect(
        tokens.allSatisfy { (0..<tokenizer.totalVocabularySize).contains($0) },
        "a foreign token"
    )
    _ = try? tokenizer.decode(tokens, skipsSpecialTokens: true)
}

/// Configuration files.
func readSettings(_ bytes: [UInt8]) {
    withFile(bytes) { path in _ = try? ConfigurationFile.check(path) }
}
