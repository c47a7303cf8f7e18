import Checkpoints
import Files
import Foundation
import Tensors

/// One kind of recordings: `<kind>.json`, and `<kind>.safetensors` where there are tensors.
struct Fixture {
    let kind: String
    let directory: String
    /// The manifest.
    let manifest: [String: Any]

    private let reader: (any CheckpointReader)?

    /// Opens the recordings of a kind, or returns nil if the directory has none.
    init?(_ kind: String, in directory: String) throws {
        let path = "\(directory)/\(kind).json"
        guard Folder.hasEntry(path) else { return nil }
        let bytes = try File.read(path, maximumByteCount: 1 << 30)
        let tree = try JSONDecoder().decode(JSONTree.self, from: Data(bytes))
        guard let manifest = tree.value as? [String: Any] else {
            throw ParityError("\(path) is not a JSON object")
        }
        self.kind = kind
        self.directory = directory
        self.manifest = manifest
        let tensors = "\(directory)/\(kind).safetensors"
        reader =
            Folder.hasEntry(tensors) ? try openCheckpoint(at: tensors) : nil
    }

    /// Names of the tensors.
    var names: [String] { reader?.tensorNames ?? [] }

    /// A recorded tensor; integers and bytes as floats.
    func tensor(_ name: String) throws -> Recording {
        guard let reader else { throw ParityError("\(kind) has no tensors, \(name) was asked for") }
        let description = try reader.description(of: name)
        let values = try reader.withBytes(of: name) { bytes in
            try (0..<description.elementCount).map { index -> Float in
                let offset = index * description.elementType.byteCount
                switch description.elementType {
                case .float32:
                    return unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: Float.self)
                case .int64:
                    return unsafe Float(
                        bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: Int64.self)
                    )
                case .uint8, .bool:
                    return unsafe Float(
                        bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt8.self)
                    )
                default:
                    throw ParityError("\(name) has the element type \(description.elementType)")
                }
            }
        }
        return Recording(shape: description.shape, values: values)
    }

    /// Whether a tensor was recorded.
    func has(_ name: String) -> Bool { reader?.tensors[name] != nil }

    /// A member of the manifest.
    func value<Value>(_ name: String, as type: Value.Type = Value.self) throws -> Value {
        try member(manifest, name, as: type)
    }
}

/// A recorded tensor, row-major.
struct Recording {
    let shape: [Int]
    let values: [Float]

    /// The part at an index of the first dimension.
    subscript(index: Int) -> Recording {
        let rest = Array(shape.dropFirst())
        let count = rest.reduce(1, *)
        return Recording(
            shape: rest,
            values: Array(values[index * count..<(index + 1) * count])
        )
    }

    /// Rows x columns.
    var matrix: Matrix { Matrix(rows: shape[0], columns: shape[1], values: values) }

    /// Everything after the first dimension as columns.
    func matrix(rows: Int) -> Matrix {
        Matrix(rows: rows, columns: values.count / rows, values: values)
    }

    /// All values as whole numbers.
    var integers: [Int] { values.map { Int($0) } }

    /// [channels, height, width] as rows x channels: [height·width, channels].
    var channelsLast: [Float] {
        let (channels, pixels) = (shape[0], shape[1] * shape[2])
        var result = [Float](repeating: 0, count: values.count)
        for channel in 0..<channels {
            for pixel in 0..<pixels {
                result[pixel * channels + channel] = values[channel * pixels + pixel]
            }
        }
        return result
    }
}

/// Any JSON value.
///
/// `JSONSerialization` drops a byte order mark at the start of a string; this does not.
private struct JSONTree: Decodable {
    let value: Any

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        // Which of these a value is can only be found by trying.
        if let object = try? container.decode([String: JSONTree].self) {
            value = object.mapValues(\.value)
        } else if let array = try? container.decode([JSONTree].self) {
            value = array.map(\.value)
        } else if let text = try? container.decode(String.self) {
            value = text
        } else if let flag = try? container.decode(Bool.self) {
            value = flag
        } else if let whole = try? container.decode(Int.self) {
            value = whole
        } else if container.decodeNil() {
            value = NSNull()
        } else {
            value = try container.decode(Double.self)
        }
    }
}

/// Recordings that are not in the documented form.
struct ParityError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// Takes single values out of nested JSON, with errors that name the path.
func member<Value>(
    _ object: [String: Any],
    _ name: String,
    as type: Value.Type = Value.self
) throws
    -> Value
{
    // A number such as 1.0 may have been taken for a whole one.
    if Value.self == Double.self, let whole = object[name] as? Int,
        let value = Double(whole) as? Value
    {
        return value
    }
    if Value.self == [Double].self, let numbers = object[name] as? [Any] {
        let values = numbers.compactMap { $0 as? Double ?? ($0 as? Int).map(Double.init) }
        if values.count == numbers.count, let value = values as? Value { return value }
    }
    guard let value = object[name] as? Value else {
        throw ParityError("\(name) is missing or not \(type)")
    }
    return value
}
