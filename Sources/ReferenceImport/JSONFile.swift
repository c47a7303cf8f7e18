internal import Files
internal import Foundation
internal import JSON
internal import MMInterleaved

/// A small JSON object from a file, with errors that name file and member.
struct JSONFile {
    let path: String
    private let node: JSONNode

    private static let maximumByteCount = 1 << 20

    /// - Throws: `FileError`, ``ImportError`` if the file is no JSON object.
    init(_ path: String) throws {
        self.path = path
        let bytes = try File.read(path, maximumByteCount: Self.maximumByteCount)
        do throws(JSONError) {
            node = try JSONParser.parse(bytes)
        } catch {
            throw ImportError(path: path, detail: "is no acceptable JSON: \(error)")
        }
        guard case .object = node else {
            throw ImportError(path: path, detail: "is no JSON object")
        }
    }

    private init(path: String, node: JSONNode) {
        self.path = path
        self.node = node
    }

    func object(_ name: String) -> JSONFile? {
        guard case .object? = node[name] else { return nil }
        return node[name].map { JSONFile(path: path, node: $0) }
    }

    func integer(_ name: String, default fallback: Int? = nil) throws -> Int {
        if let value = node[name]?.integer { return value }
        if let fallback, isAbsent(name) { return fallback }
        throw wrong(name, "a whole number")
    }

    func float(_ name: String, default fallback: Float? = nil) throws -> Float {
        if let value = node[name]?.number { return Float(value) }
        if let fallback, isAbsent(name) { return fallback }
        throw wrong(name, "a number")
    }

    /// One number for all levels, or one per level.
    func integers(_ name: String, count: Int? = nil) throws -> [Int] {
        if let values = list(name, \.integer) { return values }
        if let count, let value = node[name]?.integer {
            return [Int](repeating: value, count: count)
        }
        throw wrong(name, "a list of whole numbers")
    }

    func strings(_ name: String) throws -> [String] {
        if let values = list(name, \.text) { return values }
        throw wrong(name, "a list of strings")
    }

    func decoded<Value: Decodable>(_ type: Value.Type) throws -> Value {
        do {
            return try node.decode(type)
        } catch let error as JSONFault {
            throw ImportError(path: path, detail: error.description)
        }
    }

    /// The elements of a list, if all are of one kind.
    private func list<Value>(_ name: String, _ value: (JSONNode) -> Value?) -> [Value]? {
        guard let elements = node[name]?.elements else { return nil }
        let values = elements.compactMap(value)
        return values.count == elements.count ? values : nil
    }

    private func isAbsent(_ name: String) -> Bool {
        node[name]?.isNull ?? true
    }

    private func wrong(_ name: String, _ expected: String) -> ImportError {
        ImportError(
            path: path,
            detail: isAbsent(name) ? "\(name) is missing" : "\(name) is not \(expected)"
        )
    }
}

extension UNetConfiguration {
    /// Reads diffusers' `unet/config.json`.
    init(_ file: JSONFile, imageSize: Int) throws {
        let channels = try file.integers("block_out_channels")
        let down = try file.strings("down_block_types")
        let known = ["CrossAttnDownBlock2D": true, "DownBlock2D": false]
        let hasAttention = try down.map { type in
            guard let attends = known[type] else {
                throw ImportError(path: file.path, detail: "down_block_types: \(type) is unknown")
            }
            return attends
        }
        self.init(
            // The reference draws at `image_size`, whatever the UNet's own sample size; eight pixels
            // per latent.
            sampleSize: imageSize / 8,
            latentChannels: try file.integer("in_channels"),
            blockChannels: channels,
            headCounts: try file.integers("attention_head_dim", count: channels.count),
            hasAttention: hasAttention,
            layersPerBlock: try file.integer("layers_per_block"),
            crossAttentionWidth: try file.integer("cross_attention_dim"),
            normGroupCount: try file.integer("norm_num_groups", default: 32),
            normEpsilon: try file.float("norm_eps", default: 1e-5)
        )
    }
}

extension AutoencoderConfiguration {
    /// Reads diffusers' `vae/config.json`.
    init(_ file: JSONFile) throws {
        self.init(
            latentChannels: try file.integer("latent_channels"),
            blockChannels: try file.integers("block_out_channels"),
            layersPerBlock: try file.integer("layers_per_block"),
            normGroupCount: try file.integer("norm_num_groups", default: 32),
            scalingFactor: try file.float("scaling_factor", default: 0.18215)
        )
    }
}
