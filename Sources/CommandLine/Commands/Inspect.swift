import ArgumentParser
import Checkpoints
import Files
import Foundation
import MMInterleaved

/// Tells what is in a model directory or a checkpoint.
struct Inspect: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the tensors, sizes and configuration of a model or checkpoint."
    )

    @Argument(
        help:
            "Model directory, name of an installed model, or any safetensors or PyTorch checkpoint."
    )
    var model = ModelCatalog.defaultName

    @Flag(help: "List every tensor instead of sums per part.")
    var tensors = false

    @Flag(help: "Read every weight: compare checksums, and look for NaN and infinity.")
    var check = false

    func run() throws {
        let model = try ModelCatalog.path(model)
        let reader = try openCheckpoint(at: model)
        // The weights are told of although the configuration is at fault, which has the last word.
        let configuration = Result { try printConfiguration(of: model, reader) }
        let descriptions = reader.tensorNames.compactMap { reader.tensors[$0] }
        if tensors {
            for tensor in descriptions { print(tensor) }
        } else {
            printParts(descriptions)
        }
        if check { try checkValues(reader) }
        let total = descriptions.reduce(0) { $0 + $1.elementCount }
        let byteCount = descriptions.reduce(0) { $0 + $1.byteCount }
        print(
            "\(descriptions.count) tensors, \(total) parameters, \(byteCount) bytes in \(reader.path)"
        )
        try configuration.get()
    }

    /// Prints the configuration, if there is one, and whether the weights are those that it asks for.
    private func printConfiguration(of model: String, _ reader: any CheckpointReader) throws {
        guard Folder.hasEntry("\(model)/\(ModelDirectory.configurationName)") else { return }
        let directory = try ModelDirectory(path: model)
        print(String(decoding: try ModelDirectory.encode(directory.configuration), as: UTF8.self))
        let parameters = try InterleavedModel.parameters(of: directory.configuration)
        if let mismatch = ParameterMismatch(parameters, reader) {
            print("The weights do not fit the configuration:\n\(mismatch)\n")
        }
    }

    private func printParts(_ descriptions: [TensorDescription]) {
        var parts: [String: (tensors: Int, parameters: Int)] = [:]
        var order: [String] = []
        for tensor in descriptions {
            let part = tensor.name.split(separator: ".").prefix(2).joined(separator: ".")
            if parts[part] == nil { order.append(part) }
            parts[part, default: (0, 0)].tensors += 1
            parts[part, default: (0, 0)].parameters += tensor.elementCount
        }
        for part in order {
            guard let sum = parts[part] else { continue }
            let name = part.padding(toLength: max(44, part.count + 1), withPad: " ", startingAt: 0)
            print("\(name) \(sum.tensors) tensors, \(sum.parameters) parameters")
        }
    }

    private func checkValues(_ reader: any CheckpointReader) throws {
        var bar = ProgressBar("checking")
        var bad = 0
        for (index, name) in reader.tensorNames.enumerated() {
            bar.show(Double(index) / Double(reader.tensorNames.count))
            let type = try reader.description(of: name).elementType
            let found = try reader.withBytes(of: name) { countNonFinite(in: $0, of: type) }
            reader.releaseResidentPages()
            if !found.isEmpty {
                bad += 1
                print("\(name): \(found.nanCount) NaN, \(found.infinityCount) infinite values")
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
