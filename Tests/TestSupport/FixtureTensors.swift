package import Foundation

/// Recorded tensors of a test: a `.safetensors` file with its `.json` manifest beside it.
///
/// Reads what the fixtures hold and nothing more (f32, i64 and bool); the project's real reader of
/// the format is `Checkpoints`.
package struct FixtureTensors: Sendable {
    /// Why a fixture could not be read.
    package struct ReadError: Error {
        /// The fixture and what is wrong with it.
        package let detail: String
    }

    private struct Entry: Decodable, Sendable {
        let type: String
        let shape: [Int]
        let offsets: [Int]

        enum CodingKeys: String, CodingKey {
            case type = "dtype"
            case shape
            case offsets = "data_offsets"
        }
    }

    private let name: String
    private let data: Data
    private let dataStart: Int
    private let entries: [String: Entry]
    private let manifestData: Data?

    /// Reads `<name>.safetensors` and, if there is one, `<name>.json` of a folder.
    ///
    /// - Parameters:
    ///   - name: File name without extension.
    ///   - folder: For example `Bundle.module.bundleURL.appendingPathComponent("Fixtures")`.
    /// - Throws: ``ReadError`` or the file system's error.
    package init(_ name: String, in folder: URL) throws {
        self.name = name
        let data = try Data(contentsOf: folder.appendingPathComponent("\(name).safetensors"))
        guard data.count >= 8 else { throw ReadError(detail: "\(name): no header") }
        let headerSize = (0..<8).reduce(0) { $0 | Int(data[$1]) << (8 * $1) }
        let dataStart = 8 + headerSize
        guard headerSize >= 0, dataStart <= data.count else {
            throw ReadError(detail: "\(name): header of \(headerSize) bytes")
        }
        let header = try JSONSerialization.jsonObject(with: data[8..<dataStart])
        var tensors = header as? [String: Any] ?? [:]
        tensors["__metadata__"] = nil
        entries = try JSONDecoder().decode(
            [String: Entry].self,
            from: JSONSerialization.data(withJSONObject: tensors)
        )
        self.data = data
        self.dataStart = dataStart
        let manifest = folder.appendingPathComponent("\(name).json")
        manifestData =
            FileManager.default.fileExists(atPath: manifest.path)
            ? try Data(contentsOf: manifest) : nil
    }

    /// Names of all tensors, sorted.
    package var names: [String] { entries.keys.sorted() }

    /// The manifest, decoded.
    package func manifest<Manifest: Decodable>(as type: Manifest.Type) throws -> Manifest {
        guard let manifestData else { throw ReadError(detail: "\(name): no manifest") }
        return try JSONDecoder().decode(type, from: manifestData)
    }

    /// Shape of a tensor.
    package func shape(_ tensor: String) throws -> [Int] {
        try entry(tensor).shape
    }

    /// Elements of a float32 tensor, row-major.
    package func floats(_ tensor: String) throws -> [Float] {
        try elements(tensor, type: "F32", size: 4) {
            Float(bitPattern: UInt32(truncatingIfNeeded: $0))
        }
    }

    /// Elements of an int64 tensor, row-major.
    package func integers(_ tensor: String) throws -> [Int64] {
        try elements(tensor, type: "I64", size: 8) { Int64(bitPattern: $0) }
    }

    /// Elements of a bool tensor, row-major.
    package func booleans(_ tensor: String) throws -> [Bool] {
        try elements(tensor, type: "BOOL", size: 1) { $0 != 0 }
    }

    private func entry(_ tensor: String) throws -> Entry {
        guard let entry = entries[tensor] else {
            throw ReadError(detail: "\(name): no tensor \(tensor)")
        }
        return entry
    }

    private func elements<Element>(
        _ tensor: String,
        type: String,
        size: Int,
        convert: (UInt64) -> Element
    ) throws -> [Element] {
        let entry = try entry(tensor)
        let count = entry.shape.reduce(1, *)
        guard entry.type == type, entry.offsets.count == 2, entry.offsets[0] >= 0,
            entry.offsets[1] - entry.offsets[0] == count * size,
            dataStart + entry.offsets[1] <= data.count
        else {
            throw ReadError(
                detail: "\(name): \(tensor) is \(entry.type) \(entry.shape), not \(type)"
            )
        }
        let bytes = data[(dataStart + entry.offsets[0])..<(dataStart + entry.offsets[1])]
        return unsafe bytes.withUnsafeBytes { raw in
            (0..<count).map { index in
                var word: UInt64 = 0
                for byte in 0..<size {
                    word |= unsafe UInt64(raw[index * size + byte]) << (8 * byte)
                }
                return convert(word)
            }
        }
    }
}
