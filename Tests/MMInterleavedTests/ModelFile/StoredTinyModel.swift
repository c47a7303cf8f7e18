import Checkpoints
import ModelTestSupport
import Tensors
import TestSupport
import Testing

@testable import MMInterleaved

/// An untrained model in a directory, and files that are made of it.
struct StoredTinyModel {
    let temporary: TemporaryDirectory
    let directory: ModelDirectory

    /// Writes the directory.
    ///
    /// - Parameter broken: Beginning of the names of parameters that are not numbers; nil for none.
    /// - Throws: what writing throws.
    init(broken: String? = nil) throws {
        temporary = try TemporaryDirectory()
        let configuration = TinyModel.wideConfiguration
        let path = temporary.path + "tiny"
        let parameters = try InterleavedModel.parameters(of: configuration)
        let source = TinyModel.parameters(seed: 3, broken: broken)
        try ModelDirectory.create(
            at: path,
            configuration,
            tokenizer: TinyModel.tokenizerBytes
        ) { weights in
            let writer = try SafetensorsWriter.begin(
                path: weights,
                tensors: parameters.map {
                    try TensorDescription(name: $0.name, elementType: .float32, shape: $0.shape)
                }
            )
            for parameter in parameters {
                let numbers = Matrix(rows: 1, columns: parameter.count)
                try source.read(parameter, into: numbers)
                let bytes = numbers.bytes(as: .float32)
                try unsafe writer.append(bytes.span.bytes, to: parameter.name)
            }
            try writer.finish()
        }
        directory = try ModelDirectory(path: path)
    }

    /// Writes the model as a file.
    ///
    /// - Returns: Its path.
    /// - Throws: what writing throws.
    func write(_ formats: FormatPolicy) throws -> String {
        let path = temporary.path + "\(formats.profile.rawValue).gguf"
        try ModelFileWriter(directory, formats: formats).write(to: path) { _ in }
        return path
    }

    /// Copies a file with other keys, and tensors that are stored otherwise.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - change: Changes the keys.
    ///   - tensor: Type, shape and bytes of a tensor of the file; nil for those that it has.
    /// - Returns: The path of the copy.
    /// - Throws: what reading and writing throws.
    func copy(
        _ path: String,
        keys change: (inout [String: GGUFValue]) -> Void = { _ in },
        tensor: (GGUFTensor) throws -> (GGUFTensorType, [Int], [UInt8])? = { _ in nil }
    ) throws -> String {
        let file = try GGUFFile(path: path)
        var keys = file.keys
        change(&keys)
        let tensors = try file.tensorNames.map { name in
            let stored = try #require(file.stored[name])
            let bytes = try file.withStoredBytes(of: name) { span in
                unsafe span.withUnsafeBytes { unsafe [UInt8]($0) }
            }
            let (type, shape, content) =
                try tensor(stored) ?? (stored.type, stored.description.shape, bytes)
            return (GGUFWriter.Tensor(name: name, type: type, shape: shape), content)
        }
        let copy = temporary.path + "copy.gguf"
        let writer = try GGUFWriter.begin(
            path: copy,
            keys: keys.sorted { $0.key < $1.key }.map { ($0.key, $0.value) },
            tensors: tensors.map(\.0)
        )
        for (tensor, content) in tensors {
            try unsafe writer.append(content.span.bytes, to: tensor.name)
        }
        try writer.finish()
        return copy
    }

    /// What a model makes of a picture and a few words: tokens, logits, latents and pixels.
    static func answers(_ model: InterleavedModel) throws -> [[Float]] {
        let compute = Compute(workerCount: 2)
        let image = model.encode([TinyModel.pixels(seed: 1)], compute)[0]
        let vocabulary = model.configuration.vocabulary
        let sequence = model.language.makeSequence()
        model.language.extend(
            sequence,
            with: [
                .token(vocabulary.beginOfSequence), .token(20), .token(vocabulary.beginOfImage),
                .image(image), .token(30),
            ],
            compute
        )
        let logits = Matrix(
            rows: sequence.computedCount,
            columns: model.language.vocabularySize
        )
        model.language.logits(
            of: sequence,
            positions: 0..<sequence.computedCount,
            compute,
            into: logits
        )
        let decoder = model.imageDecoder
        let tokens = decoder.conditioningTokens(
            of: model.language.hidden(of: sequence),
            compute
        )
        var parameters = PictureParameters()
        parameters.stepCount = 2
        parameters.guidanceScale = 3
        let drawing = try Drawing(
            decoder,
            conditioning: decoder.unet.conditioning(of: tokens, compute),
            source: decoder.unet.source(of: image.pyramid, compute),
            parameters: parameters,
            schedulerConfiguration: model.configuration.imageDecoder.scheduler,
            seed: 5
        )
        while !drawing.isFinished { drawing.step(compute) }
        let picture = Matrix(rows: decoder.pictureSide * decoder.pictureSide, columns: 3)
        decoder.render([drawing.latents], compute, into: [picture])
        return [image.tokens, logits, drawing.latents, picture].map { $0.toArray() }
    }

    /// How much of the square of some numbers others miss.
    static func error(_ actual: [Float], _ expected: [Float]) -> Double {
        let missed = zip(actual, expected).reduce(0) {
            $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1)
        }
        return missed / expected.reduce(0) { $0 + Double($1) * Double($1) }
    }
}
