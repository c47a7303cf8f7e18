import ArgumentParser
import Checkpoints
import Files
import Foundation
import JSON
import MMInterleaved

/// Tells what is in a model or a checkpoint.
struct Inspect: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the tensors, sizes and configuration of a model or checkpoint."
    )

    @Argument(
        help:
            "Model directory or file, name of an installed model, or any safetensors, PyTorch or GGUF checkpoint."
    )
    var model: String?

    @Option(
        help:
            "Name of a shape in Config/shapes, or the path of a configuration file: the weights that it asks for."
    )
    var shape: String?

    @Flag(help: "List every tensor instead of sums per part.")
    var tensors = false

    @Flag(help: "Read every weight: compare checksums, and look for NaN and infinity.")
    var check = false

    func validate() throws {
        guard shape == nil || (model == nil && !check) else {
            throw ValidationError("a shape has no weights: give it alone, or with --tensors")
        }
    }

    func run() throws {
        if let shape { return try printShape(ShapeCatalog.configuration(shape)) }
        let model = try ModelCatalog.path(model ?? ModelCatalog.defaultName)
        let opened = try openCheckpoint(at: model)
        // The weights are told of although the configuration is at fault, which has the last word.
        let file = Result { try Self.modelFile(model, opened) }
        let reader: any CheckpointReader = (try? file.get())?.weights ?? opened
        let configuration = Result { try printConfiguration(of: model, reader, file.get()) }
        if tensors {
            for name in reader.tensorNames { printTensor(name, reader) }
        } else {
            printParts(reader)
        }
        if check { try checkValues(reader) }
        var formats = StoredFormats()
        for name in reader.tensorNames { Self.count(name, reader, in: &formats) }
        print(
            """
            \(formats.tensorCount) tensors (\(formats)), \(formats.elementCount) parameters, \
            \(formats.byteCount) bytes in \(reader.path)
            """
        )
        try configuration.get()
    }

    /// Prints what a model of a shape would have.
    private func printShape(_ configuration: ModelConfiguration) throws {
        let parameters = try InterleavedModel.parameters(of: configuration)
        if tensors { for parameter in parameters { print("\(parameter.name) \(parameter.shape)") } }
        let count = parameters.reduce(0) { $0 + $1.count }
        print("\(parameters.count) tensors, \(count) parameters in \(configuration.name)")
    }

    /// The model that a checkpoint is; nil if it is a checkpoint alone.
    private static func modelFile(
        _ path: String,
        _ reader: any CheckpointReader
    ) throws -> ModelFile? {
        let architecture = reader.metadata[ModelFileKeys.architecture]
        guard reader is GGUFFile, architecture == ModelFileKeys.architectureName else { return nil }
        return try ModelFile(path: path)
    }

    /// Prints the configuration, if there is one, and whether the weights are those that it asks for.
    private func printConfiguration(
        of model: String,
        _ reader: any CheckpointReader,
        _ file: ModelFile?
    ) throws {
        let configuration: ModelConfiguration
        if let file {
            configuration = file.configuration
        } else {
            guard Folder.hasEntry("\(model)/\(ModelDirectory.configurationName)") else { return }
            configuration = try ModelDirectory(path: model).configuration
        }
        print(String(decoding: try ModelDirectory.encode(configuration), as: UTF8.self))
        if !configuration.templates.isEmpty {
            let names = configuration.templates.map(\.name).joined(separator: ", ")
            print("Templates: \(names)\n")
        }
        if let formats = file?.formats {
            let overrides = formats.overrides.map { ", \($0.text)" }.joined()
            print("Profile: \(formats.profile.rawValue)\(overrides)\n")
        }
        let parameters = try InterleavedModel.parameters(of: configuration)
        if let mismatch = ParameterMismatch(parameters, reader) {
            print("The weights do not fit the configuration:\n\(mismatch)\n")
        }
    }

    private func printTensor(_ name: String, _ reader: any CheckpointReader) {
        guard let tensor = reader.tensors[name] else { return }
        if let stored = Self.stored(name, reader) {
            print("\(Self.shown(name)) \(stored.type) \(tensor.shape), \(stored.range.count) bytes")
        } else {
            print("\(Self.shown(name)) \(tensor.elementType) \(tensor.shape)")
        }
    }

    /// A name from a file, which may hold anything, for a terminal.
    private static func shown(_ name: String) -> String { printable(name, maximum: 200) }

    /// How a GGUF file stores a tensor; nil of other files.
    private static func stored(_ name: String, _ reader: any CheckpointReader) -> GGUFTensor? {
        switch reader {
        case let file as GGUFFile: file.stored[name]
        case let weights as ModelFileWeights: weights.stored(name)
        default: nil
        }
    }

    private static func count(
        _ name: String,
        _ reader: any CheckpointReader,
        in formats: inout StoredFormats
    ) {
        if let stored = stored(name, reader) {
            formats.add(stored)
        } else if let tensor = reader.tensors[name] {
            formats.add(tensor)
        }
    }

    private func printParts(_ reader: any CheckpointReader) {
        var parts: [String: StoredFormats] = [:]
        var order: [String] = []
        for name in reader.tensorNames {
            let part = StoredFormats.part(of: name)
            if parts[part] == nil { order.append(part) }
            Self.count(name, reader, in: &parts[part, default: StoredFormats()])
        }
        for part in order {
            guard let sum = parts[part] else { continue }
            let part = Self.shown(part)
            let name = part.padding(toLength: max(44, part.count + 1), withPad: " ", startingAt: 0)
            print(
                "\(name) \(sum.tensorCount) tensors (\(sum)), \(sum.elementCount) parameters, \(sum.byteCount) bytes"
            )
        }
    }

    private func checkValues(_ reader: any CheckpointReader) throws {
        var bar = ProgressBar("checking")
        var bad = 0
        for (index, name) in reader.tensorNames.enumerated() {
            bar.show(Double(index) / Double(reader.tensorNames.count))
            let type = try reader.description(of: name).elementType
            let found = try reader.withBytes(of: name) { countNonFinite(in: $0, of: type) }
            reader.releaseResidentPages(of: name)
            if !found.isEmpty {
                bad += 1
                let found = "\(found.nanCount) NaN, \(found.infinityCount) infinite values"
                print("\(Self.shown(name)): \(found)")
            }
        }
        bar.finish()
        if reader.hasChecksums {
            try reader.verifyChecksums()
            print("every tensor is as it was written")
        } else {
            print(
                "no checksums are recorded beside the weights: only NaN and infinity were looked for"
            )
        }
        if bad > 0 { throw ExitCode.failure }
    }
}
